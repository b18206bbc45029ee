import type { DeploymentView, StatusView } from '../../../server/http/views.ts'
import { ApiError } from '../api/client.ts'
import { type Action, getDeployment, getStatus } from '../api/deployments.ts'
import { inert } from '../ui/inert.ts'
import { type Live, live } from './live.svelte.ts'
import { type Toast, type Toasts, toasts } from './toasts.svelte.ts'

/** What was asked for in this window: an action, new settings, an earlier release, or the end of the app. */
export type Wish = Action | 'deploy' | 'delete'
type App = Pick<DeploymentView, 'id' | 'name'> & Partial<Pick<DeploymentView, 'isDeleting'>>
type Awaited = {
  id: string
  name: string
  wish: Wish
  notice: number | undefined
  /** False while an app that was stuck may say so of the time before its retry. */
  hasBegun: boolean
}
type End = Pick<Toast, 'tone' | 'text' | 'hint' | 'action'>

/** What the endings need of the world. */
export type Outside = {
  getDeployment: (id: string) => Promise<DeploymentView>
  getStatus: (id: string) => Promise<StatusView>
  live: Pick<Live, 'onEvent' | 'onResync'>
  toasts: Pick<Toasts, 'show' | 'close'>
}

/** After an answer that told nothing. */
const AGAIN_MS = 5000

/** Tells by a toast how each wish ended, wherever the user has gone meanwhile. Of several for one app, the newest counts. */
export class Endings {
  readonly #outside: Outside
  readonly #awaited = new Map<string, Awaited>()
  /** Wishes whose end is being asked for, and whether something happened meanwhile. */
  readonly #looks = new Map<Awaited, { again: boolean }>()

  constructor(outside: Outside) {
    this.#outside = outside
    outside.live.onEvent((event) => {
      if (event.type === 'deployment' || event.type === 'deleted') this.#hear(event.deployment)
    })
    outside.live.onResync(() => {
      for (const id of this.#awaited.keys()) this.#hear(id)
    })
  }

  /** Call it when the server has accepted the wish; it may be over by then. `notice` is the toast that said so. */
  follow({ id, name, isDeleting = false }: App, wish: Wish, notice?: number): void {
    const meant = isDeleting ? 'delete' : wish
    const awaited = { id, name, wish: meant, notice, hasBegun: wish !== 'retry' }
    this.#awaited.set(id, awaited)
    void this.#look(awaited)
  }

  #hear(id: string): void {
    const awaited = this.#awaited.get(id)
    if (!awaited) return
    awaited.hasBegun = true
    void this.#look(awaited)
  }

  /** One question at a time; what happens meanwhile is a reason for the next. */
  async #look(awaited: Awaited): Promise<void> {
    if (this.#awaited.get(awaited.id) !== awaited) return
    const underWay = this.#looks.get(awaited)
    if (underWay) {
      underWay.again = true
      return
    }
    const look = { again: false }
    this.#looks.set(awaited, look)
    const end = await this.#ask(awaited)
    this.#looks.delete(awaited)
    if (this.#awaited.get(awaited.id) !== awaited) return
    if (end === 'unknown') setTimeout(() => void this.#look(awaited), AGAIN_MS)
    else if (end !== 'not yet') this.#tell(awaited, end)
    else if (look.again) void this.#look(awaited)
  }

  async #ask(awaited: Awaited): Promise<End | 'gone' | 'not yet' | 'unknown'> {
    const { getDeployment, getStatus } = this.#outside
    try {
      const [app, status] = await Promise.all([getDeployment(awaited.id), getStatus(awaited.id)])
      if (app.status !== 'stuck') awaited.hasBegun = true
      return (awaited.hasBegun && endOf(awaited, app, status)) || 'not yet'
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status !== 404) return 'unknown'
      return awaited.wish === 'delete' ? deleted(awaited) : 'gone'
    }
  }

  #tell({ id, notice }: Awaited, end: End | 'gone'): void {
    this.#awaited.delete(id)
    if (notice !== undefined) this.#outside.toasts.close(notice)
    if (end === 'gone') return
    const { tone, text, hint, action } = end
    this.#outside.toasts.show(tone, text, { ...(hint !== undefined && { hint }), ...(action && { action }) })
  }
}

/** Undefined while it is not over. */
function endOf(awaited: Awaited, app: DeploymentView, status: StatusView): End | undefined {
  if (app.status === 'stuck') return stuck(awaited, app)
  if (awaited.wish === 'delete') return undefined
  if (awaited.wish === 'stop' || awaited.wish === 'start' || awaited.wish === 'restart') return switched(awaited, app)
  return deployed(awaited, app, status)
}

const hintOf = ({ error }: DeploymentView) => (error ? { hint: inert(error.message) } : {})

const stuck = ({ id, name, wish }: Awaited, app: DeploymentView): End => ({
  tone: 'bad',
  text: wish === 'delete' ? `${name} is not deleted yet: something will not go` : `${name} is stuck`,
  ...hintOf(app),
  action: { label: 'Show it', href: `/apps/${id}` },
})

const deleted = ({ id, name }: Awaited): End => ({
  tone: 'ok',
  text: `${name} is deleted`,
  action: { label: 'The receipt', href: `/receipts/${id}` },
})

const results = { stop: 'is stopped', start: 'runs again', restart: 'was restarted' } as const
const attempts = { stop: 'could not be stopped', start: 'did not start', restart: 'did not come back' } as const

function switched({ name, wish }: Awaited, app: DeploymentView): End | undefined {
  if (app.isBusy || (wish !== 'stop' && wish !== 'start' && wish !== 'restart')) return undefined
  if (app.status === (wish === 'stop' ? 'stopped' : 'running')) return { tone: 'ok', text: `${name} ${results[wish]}` }
  return { tone: 'bad', text: `${name} ${attempts[wish]}`, ...hintOf(app) }
}

function deployed({ id, name, wish }: Awaited, app: DeploymentView, status: StatusView): End | undefined {
  const release = `Release ${status.release} of ${name}`
  if (status.releaseStatus === 'live') return { tone: 'ok', text: `${release} is live` }
  if (app.isBusy) return undefined
  if (wish === 'cancel' || app.error?.code === 'cancelled' || !app.error)
    return { tone: 'info', text: `${release} was cancelled. Nothing of it is left.` }
  return {
    tone: 'bad',
    text: `${release} did not go live`,
    ...hintOf(app),
    action: { label: 'Show the step that failed', href: `/apps/${id}?release=${status.release}` },
  }
}

export const endings = new Endings({ getDeployment, getStatus, live, toasts })
