import { onDestroy } from 'svelte'
import type { DeploymentView } from '../../../server/http/views.ts'
import { isReservedSubdomain, normalizeSubdomain } from '../../../server/names.ts'
import { ApiError, asApiError } from '../api/client.ts'
import { createDeployment, getCatalog, inspectRepository, listDeployments, makePlan } from '../api/deployments.ts'
import { useCheck } from '../state/check.svelte.ts'
import { deployments } from '../state/deployments.svelte.ts'
import { endings } from '../state/endings.ts'
import { useResource } from '../state/resource.svelte.ts'
import { problemsOfSettings } from './build-settings.ts'
import { forgetDraft, loadDraft, saveDraft } from './draft-store.ts'
import { areStopping, problemsOf } from './env-rows.ts'
import { type Draft, emptyDraft, filledIn, isUntouched, madeFrom, toCreateInput, toPlanInput } from './new-app.ts'

const SAVE_MS = 300
const PLAN_MS = 600
const NO_REPOSITORY = {
  code: 'invalid_input',
  message: 'Name the repository to deploy, such as owner/name.',
  field: 'githubUrl',
}
/** Nothing answered, or what stands before Slipway did: whether the request arrived is not known. */
const LOST = [0, 502, 504]

/** The form of a new app: what was typed, what the server says about it, and how it is sent. */
export class NewApp {
  draft = $state<Draft>(emptyDraft())
  /** The draft is one that was left earlier. */
  isBack = $state(false)
  busy = $state(false)
  readonly repository = useCheck(() => this.draft.repository.trim() || undefined, inspectRepository)
  readonly catalog = useResource(() => getCatalog)
  readonly plan = useCheck(() => this.#planInput, makePlan, PLAN_MS)
  readonly #user: string
  /** The first field that has to be mended before anything is sent. */
  readonly #problem = $derived.by(() => {
    if (this.draft.repository.trim() === '') return 'githubUrl'
    if (!this.#isSubdomain) return 'subdomain'
    return areStopping(problemsOf(this.draft.env)) ? 'env' : problemsOfSettings(this.draft.settings).keys().next().value
  })
  /** Why the server refused the draft, for as long as the draft is the same. */
  #refused = $state.raw<{ error: ApiError; draft: string }>()
  #isSent = false
  /** Since an answer was lost: the apps there were before, none of which can be the one that was asked for. */
  #before: ReadonlySet<string> | undefined

  /** Call it while a component is made. `asked` is a repository to begin with; `user` alone is shown what they left. */
  constructor(asked: string | null, user: string) {
    this.#user = user
    const left = loadDraft(user)
    this.isBack = left !== undefined && (asked === null || left.repository === asked)
    this.draft = left && this.isBack ? left : emptyDraft(asked ?? '')
    $effect(() => {
      $state.snapshot(this.draft)
      const timer = setTimeout(() => this.#keep(), SAVE_MS)
      return () => clearTimeout(timer)
    })
    onDestroy(() => this.#keep())
  }

  /** What fills the fields that nobody has typed in. */
  get suggested() {
    return this.repository.state === 'good' || this.repository.state === 'asking' ? this.repository.data : undefined
  }

  get error(): ApiError | undefined {
    return this.#refused?.draft === JSON.stringify(this.draft) ? this.#refused.error : undefined
  }

  startOver(): void {
    this.draft = emptyDraft()
    this.isBack = false
  }

  /** Sends the draft. Answers the app that was made, or the field to mend; undefined when neither is known: see `error`. */
  async send(): Promise<{ made: DeploymentView } | { field: string } | undefined> {
    if (this.busy) return undefined
    const draft = JSON.stringify(this.draft)
    if (this.#problem === 'githubUrl') this.#refused = { error: new ApiError(0, NO_REPOSITORY), draft }
    if (this.#problem !== undefined) return { field: this.#problem }
    this.busy = true
    try {
      return { made: this.#welcome(await this.#make()) }
    } catch (cause) {
      const error = asApiError(cause)
      this.#refused = { error, draft }
      return error.field === undefined ? undefined : { field: error.field }
    } finally {
      this.busy = false
    }
  }

  /** One whose answer was lost is looked for: a second attempt would only find its subdomain taken. @throws ApiError */
  async #make(): Promise<DeploymentView> {
    const input = toCreateInput(this.draft, this.repository.answer)
    const before = this.#before ?? new Set(deployments.byId.keys())
    try {
      return await createDeployment(input)
    } catch (cause) {
      const error = asApiError(cause)
      if (LOST.includes(error.status)) this.#before = before
      if (!this.#before) throw error
      const apps = await listDeployments().catch(() => [])
      const made = madeFrom(
        input,
        apps.filter(({ id }) => !before.has(id)),
      )
      if (made) return made
      throw error
    }
  }

  #welcome(deployment: DeploymentView): DeploymentView {
    this.#isSent = true
    forgetDraft()
    deployments.put(deployment)
    endings.follow(deployment, 'deploy')
    return deployment
  }

  get #isSubdomain(): boolean {
    const typed = filledIn(this.draft, this.suggested).subdomain.trim()
    const subdomain = normalizeSubdomain(typed)
    return typed === '' || (subdomain !== undefined && !isReservedSubdomain(subdomain))
  }

  get #planInput() {
    const { answer } = this.repository
    return answer && this.#problem === undefined ? toPlanInput(this.draft, answer) : undefined
  }

  #keep(): void {
    if (this.#isSent || isUntouched(this.draft)) forgetDraft()
    else saveDraft($state.snapshot(this.draft), this.#user)
  }
}
