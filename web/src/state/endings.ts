import type { DeploymentView, StatusView } from '../../../server/http/views.ts'
import { type Action, getDeployment, getStatus } from '../api/deployments.ts'
import { inert } from '../ui/inert.ts'
import { live } from './live.svelte.ts'
import { type Toast, toasts } from './toasts.svelte.ts'

/** What was asked for in this window: an action, new settings, an earlier release, or the end of the app. */
export type Wish = Action | 'deploy' | 'delete'
type App = Pick<DeploymentView, 'id' | 'name'>
type Awaited = App & { wish: Wish; notice: number | undefined }
type End = Pick<Toast, 'tone' | 'text' | 'hint' | 'action'>

/** Tells by a toast how each wish ended, wherever the user has gone meanwhile. Of several for one app, the newest counts. */
class Endings {
  readonly #awaited = new Map<string, Awaited>()

  constructor() {
    live.onEvent((event) => {
      if (event.type === 'deployment' || event.type === 'deleted') void this.#look(event.deployment)
    })
    live.onResync(() => this.#awaited.forEach((_, id) => void this.#look(id)))
  }

  /** Call it when the server has accepted the wish; it may be over by then. `notice` is the toast that said so. */
  follow({ id, name }: App, wish: Wish, notice?: number): void {
    this.#awaited.set(id, { id, name, wish, notice })
    void this.#look(id)
  }

  async #look(id: string): Promise<void> {
    const awaited = this.#awaited.get(id)
    if (!awaited) return
    const end = await endOf(awaited)
    if (!end || this.#awaited.get(id) !== awaited) return
    this.#awaited.delete(id)
    if (awaited.notice !== undefined) toasts.close(awaited.notice)
    const { tone, text, hint, action } = end
    toasts.show(tone, text, { ...(hint !== undefined && { hint }), ...(action && { action }) })
  }
}

/** Undefined while it is not over, or cannot be known now. */
async function endOf(awaited: Awaited): Promise<End | undefined> {
  try {
    const [app, status] = await Promise.all([getDeployment(awaited.id), getStatus(awaited.id)])
    if (app.status === 'stuck') return stuck(awaited, app)
    if (awaited.wish === 'delete') return undefined
    if (awaited.wish === 'stop' || awaited.wish === 'start' || awaited.wish === 'restart') return switched(awaited, app)
    return deployed(awaited, app, status)
  } catch (error) {
    const isGone = error instanceof Error && 'status' in error && error.status === 404
    return isGone && awaited.wish === 'delete' ? deleted(awaited) : undefined
  }
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

export const endings = new Endings()
