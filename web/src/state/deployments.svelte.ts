import type { AppSample, DeploymentView } from '../../../server/http/views.ts'
import { ApiError } from '../api/client.ts'
import { getDeployment, listDeployments } from '../api/deployments.ts'
import { getStats } from '../api/machine.ts'
import { type Live, live } from './live.svelte.ts'
import { Resource } from './resource.svelte.ts'

/** What the list needs of the world. */
export type Outside = {
  listDeployments: typeof listDeployments
  getDeployment: (id: string) => Promise<DeploymentView>
  getStats: typeof getStats
  live: Pick<Live, 'onEvent' | 'onResync'>
}

/** Events come in bursts: what changed within this time is asked for together, as a list when it is many. */
const BURST_MS = 60
const MOST_ALONE = 10

/**
 * All apps, and what each uses now. Kept for the whole page: the list, the palette and the receipts name apps by it.
 * Answers come in any order; of each app the one that was asked for last is shown.
 */
export class Deployments {
  readonly list: Resource<DeploymentView[]>
  /** By deployment id. */
  samples = $state.raw<Map<string, AppSample>>(new Map())
  readonly byId = $derived.by(() => new Map((this.list.data ?? []).map((it) => [it.id, it])))
  /** How many previews each app has, by its id. */
  readonly previewCounts = $derived.by(() => {
    const counts = new Map<string, number>()
    for (const { previewOf } of this.list.data ?? []) {
      if (previewOf !== null) counts.set(previewOf, (counts.get(previewOf) ?? 0) + 1)
    }
    return counts
  })
  readonly #outside: Outside
  /** Counts what was asked for and heard of, in the order it was. */
  #moment = 0
  /** When the list was asked for that is on its way or shown, and whether it is on its way. */
  #listed = 0
  #isListing = false
  /** The last moment each app was asked for, or known to have changed: what was asked for before is older. */
  readonly #newest = new Map<string, number>()
  /** Ids are never used again: what is late about one of these is not shown. */
  readonly #gone = new Set<string>()
  /** Apps to ask for when the burst is over; `wantsAll` when only the list helps. */
  readonly #stale = new Set<string>()
  #wantsAll = false
  #burst: ReturnType<typeof setTimeout> | undefined

  constructor(outside: Outside) {
    this.#outside = outside
    this.list = new Resource(
      (signal) => this.#loadList(signal),
      (answer) => this.#merge(answer),
    )
  }

  /** Loads, and keeps in step with the server from then on. */
  start(): void {
    const { live } = this.#outside
    void this.#refresh()
    live.onResync(() => void this.#refresh())
    live.onEvent((event) => {
      if (event.type === 'deployment') this.#askSoon(event.deployment)
      if (event.type === 'deleted') this.#drop(event.deployment)
      if (event.type === 'stats') this.#sample(event.sample.apps)
    })
  }

  /** Shows an answer of the API at once. An event about it may have come before: so it is asked for again. */
  put(deployment: DeploymentView): void {
    this.#askSoon(deployment.id)
    this.#show(deployment)
  }

  async #refresh(): Promise<void> {
    await Promise.all([this.list.refresh(), this.#refreshSamples()])
  }

  async #loadList(signal: AbortSignal): Promise<DeploymentView[]> {
    const asked = this.#tick()
    this.#listed = asked
    this.#isListing = true
    try {
      return await this.#outside.listDeployments(signal)
    } finally {
      // One that another question took the place of ends no wait.
      if (this.#listed === asked) {
        this.#isListing = false
        if (this.#stale.size > 0 || this.#wantsAll) this.#gather()
      }
    }
  }

  async #refreshSamples(): Promise<void> {
    const before = this.samples
    try {
      const { apps } = await this.#outside.getStats()
      if (this.samples === before) this.#sample(apps)
    } catch (error) {
      // The next sample comes with an event, in some seconds.
      if (!(error instanceof ApiError)) throw error
    }
  }

  #askSoon(id: string): void {
    if (this.#gone.has(id)) return
    this.#newest.set(id, this.#tick())
    this.#stale.add(id)
    this.#gather()
  }

  #gather(): void {
    if (this.#isListing) return
    this.#burst ??= setTimeout(() => {
      this.#burst = undefined
      this.#askForStale()
    }, BURST_MS)
  }

  #askForStale(): void {
    // Those that are left wait for the list that is on its way.
    if (this.#isListing) return
    const ids = [...this.#stale]
    const wantsAll = this.#wantsAll || ids.length > MOST_ALONE
    this.#stale.clear()
    this.#wantsAll = false
    if (wantsAll) void this.list.refresh()
    else for (const id of ids) void this.#refreshOne(id)
  }

  async #refreshOne(id: string): Promise<void> {
    const asked = this.#tick()
    this.#newest.set(id, asked)
    try {
      const deployment = await this.#outside.getDeployment(id)
      if (this.#newest.get(id) === asked) this.#show(deployment)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 404) return this.#drop(id)
      this.#wantsAll = true
      this.#gather()
    }
  }

  #show(deployment: DeploymentView): void {
    const all = this.list.data
    if (!all || this.#gone.has(deployment.id)) return
    const isKnown = all.some((it) => it.id === deployment.id)
    this.list.data = isKnown ? all.map((it) => (it.id === deployment.id ? deployment : it)) : [deployment, ...all]
  }

  /** Takes of the list what is newer than what is shown. */
  #merge(answer: DeploymentView[]): DeploymentView[] {
    const isNewer = ({ id }: DeploymentView) => (this.#newest.get(id) ?? 0) > this.#listed
    const kept = new Map((this.list.data ?? []).filter(isNewer).map((it) => [it.id, it]))
    const merged = answer.filter(({ id }) => !this.#gone.has(id)).map((it) => kept.get(it.id) ?? it)
    for (const { id } of merged) {
      kept.delete(id)
      this.#newest.set(id, Math.max(this.#listed, this.#newest.get(id) ?? 0))
    }
    return [...kept.values(), ...merged]
  }

  #drop(id: string): void {
    this.#gone.add(id)
    this.#newest.delete(id)
    this.#stale.delete(id)
    this.list.data = this.list.data?.filter((it) => it.id !== id)
  }

  #sample(samples: AppSample[]): void {
    this.samples = new Map(samples.map((it) => [it.deploymentId, it]))
  }

  #tick(): number {
    this.#moment += 1
    return this.#moment
  }
}

export const deployments = new Deployments({ listDeployments, getDeployment, getStats, live })
