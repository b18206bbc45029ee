import { untrack } from 'svelte'
import type { SlipwayEvent } from '../../../server/events.ts'
import { type ApiError, asApiError, isAbort } from '../api/client.ts'
import { type Live, live } from './live.svelte.ts'

type Load<T> = (signal: AbortSignal) => Promise<T>

/** Events come in bursts; asking again waits this long for the rest of the burst. */
const BURST_MS = 60

/** Something the server knows and the page shows. What is shown stays while it is asked for again. */
export class Resource<T> {
  data = $state.raw<T>()
  error = $state.raw<ApiError>()
  readonly #load: Load<T>
  readonly #accept: (answer: T) => T
  #asking: AbortController | undefined
  #again: ReturnType<typeof setTimeout> | undefined

  /** `accept` says what is shown of an answer, at the moment it is shown; by default all of it. */
  constructor(load: Load<T>, accept = (answer: T) => answer) {
    this.#load = load
    this.#accept = accept
  }

  /** True until the first answer. */
  get isLoading(): boolean {
    return this.data === undefined && this.error === undefined
  }

  /** Asks now; an answer still under way is dropped. Never rejects: `error` says what went wrong. */
  async refresh(): Promise<void> {
    this.stop()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const data = await this.#load(asking.signal)
      if (this.#asking !== asking) return
      this.data = this.#accept(data)
      this.error = undefined
    } catch (error) {
      if (this.#asking !== asking || isAbort(error)) return
      this.error = asApiError(error)
    }
  }

  /** Asks soon, once for a burst of reasons, however long the burst goes on. */
  refreshSoon(): void {
    this.#again ??= setTimeout(() => void this.refresh(), BURST_MS)
  }

  /** Drops the answer that is under way, and forgets to ask again. */
  stop(): void {
    clearTimeout(this.#again)
    this.#again = undefined
    this.#asking?.abort()
    this.#asking = undefined
  }
}

/**
 * A resource for as long as the component lives. `make` is run again when what it reads changes, and must answer how to
 * load; what the loader itself reads does not count. `isStale` says which events change it. After a lost connection it is
 * asked for again.
 */
export function useResource<T>(
  make: () => Load<T>,
  isStale: (event: SlipwayEvent) => boolean = () => false,
  news: Pick<Live, 'onEvent' | 'onResync'> = live,
): Resource<T> {
  let load: Load<T> = untrack(make)
  const resource = new Resource<T>((signal) => load(signal))
  $effect(() => {
    load = make()
    resource.data = undefined
    resource.error = undefined
    untrack(() => void resource.refresh())
    return () => resource.stop()
  })
  $effect(() => news.onEvent((event) => isStale(event) && resource.refreshSoon()))
  $effect(() => news.onResync(() => void resource.refresh()))
  return resource
}
