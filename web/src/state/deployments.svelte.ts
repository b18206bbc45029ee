import type { AppSample, DeploymentView } from '../../../server/http/views.ts'
import { ApiError } from '../api/client.ts'
import { getDeployment, listDeployments } from '../api/deployments.ts'
import { getStats } from '../api/machine.ts'
import { live } from './live.svelte.ts'
import { Resource } from './resource.svelte.ts'

/** All apps, and what each uses now. Kept for the whole page: the list, the palette and the receipts name apps by it. */
class Deployments {
  readonly list = new Resource<DeploymentView[]>(listDeployments)
  /** By deployment id. */
  samples = $state.raw<Map<string, AppSample>>(new Map())
  readonly byId = $derived(new Map((this.list.data ?? []).map((it) => [it.id, it])))
  /** The newest question about each app: an older answer that comes late is dropped. */
  readonly #asked = new Map<string, symbol>()
  /** Apps that changed while the list was asked for: its answer may be older than that. */
  readonly #changed = new Set<string>()

  /** Loads, and keeps in step with the server from then on. */
  start(): void {
    void this.#refresh()
    live.onResync(() => void this.#refresh())
    live.onEvent((event) => {
      if (event.type === 'deployment' || event.type === 'deleted') this.#changed.add(event.deployment)
      if (event.type === 'deployment') void this.#refreshOne(event.deployment)
      if (event.type === 'deleted') this.#drop(event.deployment)
      if (event.type === 'stats') this.#sample(event.sample.apps)
    })
  }

  /** Shows an answer of the API at once, before the event about it comes. */
  put(deployment: DeploymentView): void {
    const all = this.list.data
    if (!all) return
    const isKnown = all.some((it) => it.id === deployment.id)
    this.list.data = isKnown ? all.map((it) => (it.id === deployment.id ? deployment : it)) : [deployment, ...all]
  }

  async #refresh(): Promise<void> {
    this.#changed.clear()
    await this.list.refresh()
    for (const id of this.#changed) void this.#refreshOne(id)
    const stats = await getStats().catch(() => undefined)
    if (stats) this.#sample(stats.apps)
  }

  async #refreshOne(id: string): Promise<void> {
    const asked = Symbol(id)
    this.#asked.set(id, asked)
    try {
      const deployment = await getDeployment(id)
      if (this.#asked.get(id) === asked) this.put(deployment)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return this.#drop(id)
      this.list.refreshSoon()
    }
  }

  #drop(id: string): void {
    this.list.data = this.list.data?.filter((it) => it.id !== id)
  }

  #sample(samples: AppSample[]): void {
    this.samples = new Map(samples.map((it) => [it.deploymentId, it]))
  }
}

export const deployments = new Deployments()
