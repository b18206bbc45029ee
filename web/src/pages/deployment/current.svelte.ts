import { createContext } from 'svelte'
import type { SlipwayEvent } from '../../../../server/events.ts'
import type { DeploymentView, StatusView } from '../../../../server/http/views.ts'
import { getDeployment, getStatus } from '../../api/deployments.ts'
import { deployments } from '../../state/deployments.svelte.ts'
import { live } from '../../state/live.svelte.ts'
import { type Resource, useResource } from '../../state/resource.svelte.ts'

type Tab = '' | 'logs' | 'releases' | 'previews' | 'jobs' | 'environment' | 'settings' | 'machine'

/** The deployment that the page and its tabs are about. */
export class Current {
  /** Says whether there is such a deployment, before the list of all is there. */
  readonly found: Resource<DeploymentView>
  /** How far its newest release is. */
  readonly progress: Resource<StatusView>
  readonly #id: () => string
  /** The id of the one that was seen going. */
  #gone = $state<string>()

  /** Call it while a component is made: what it holds lives as long as that. */
  constructor(id: () => string) {
    this.#id = id
    this.found = useResource(() => ofId(id(), getDeployment))
    this.progress = useResource(
      () => ofId(id(), (it, signal) => getStatus(it, undefined, signal)),
      (event) => (event.type === 'deployment' || event.type === 'step') && this.concerns(event),
    )
    $effect(() =>
      live.onEvent((event) => {
        if (event.type === 'deleted' && this.concerns(event)) this.#gone = event.deployment
      }),
    )
  }

  get id(): string {
    return this.#id()
  }

  /** As the list of all has it, which is kept in step with the server. One that has just gone is shown as deleting. */
  get deployment(): DeploymentView | undefined {
    const last = this.found.data?.id === this.id ? this.found.data : undefined
    const isGone = this.#gone === this.id || this.found.error?.status === 404
    if (isGone) return last && { ...last, status: 'deleting', isDeleting: true }
    return deployments.byId.get(this.id) ?? last
  }

  /** For the tabs, which are shown when there is one. */
  get present(): DeploymentView {
    const { deployment } = this
    if (!deployment) throw new Error('A tab was opened without its deployment.')
    return deployment
  }

  /** Whether a release waits or runs: it can be cancelled, and what went wrong before is not the news. */
  get isOnItsWay(): boolean {
    const status = this.progress.data?.releaseStatus
    return status === 'queued' || status === 'running'
  }

  /** Whether an event is about this deployment. */
  concerns(event: SlipwayEvent): boolean {
    return 'deployment' in event && event.deployment === this.id
  }

  /** The address of one of its tabs; `query` without its question mark. */
  href(tab: Tab = '', query = ''): string {
    return `/apps/${encodeURIComponent(this.id)}${tab && `/${tab}`}${query && `?${query}`}`
  }
}

/** The same request for one id, as `useResource` takes it. */
export const ofId =
  <T>(id: string, load: (id: string, signal: AbortSignal) => Promise<T>) =>
  (signal: AbortSignal) =>
    load(id, signal)

export const [getCurrent, setCurrent] = createContext<Current>()
