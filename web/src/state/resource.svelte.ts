import type { SlipwayEvent } from '../../../server/events.ts'
import { type ApiError, asApiError, isAbort } from '../api/client.ts'
import { live } from './live.svelte.ts'

type Load<T> = (signal: AbortSignal) => Promise<T>

/** Events come in bursts; asking again waits this long for the rest of the burst. */
const BURST_MS = 60

/** Something the server knows and the page shows. What is shown stays while it is asked for again. */
export class Resource<T> {
  data = $state.raw<T>()
  error = $state.raw<ApiError>()
  #load: Load<T>
  #asking: AbortController | undefined
  #again: ReturnType<typeof setTimeout> | undefined

  constructor(load: Load<T>) {
    this.#load = load
  }

  /** True until the first answer. */
  get isLoading(): boolean {
    return this.data === undefined && this.error === undefined
  }

  /** Asks now; an answer still under way is dropped. Never rejects: `error` says what went wrong. */
  async refresh(): Promise<void> {
    clearTimeout(this.#again)
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const data = await this.#load(asking.signal)
      if (this.#asking !== asking) return
      this.data = data
      this.error = undefined
    } catch (error) {
      if (this.#asking !== asking || isAbort(error)) return
      this.error = asApiError(error)
    }
  }

  /** Asks soon, once for a burst of reasons. */
  refreshSoon(): void {
    clearTimeout(this.#again)
    this.#again = setTimeout(() => void this.refresh(), BURST_MS)
  }

  stop(): void {
    clearTimeout(this.#again)
    this.#asking?.abort()
  }
}

/**
 * A resource for as long as the component lives. `make` is run again when what it reads changes, and must answer how to
 * load; `isStale` says which events change it. After a lost connection it is asked for again.
 */
export function useResource<T>(
  make: () => Load<T>,
  isStale: (event: SlipwayEvent) => boolean = () => false,
): Resource<T> {
  let load: Load<T> = make()
  const resource = new Resource<T>((signal) => load(signal))
  $effect(() => {
    load = make()
    resource.data = undefined
    resource.error = undefined
    void resource.refresh()
    return () => resource.stop()
  })
  $effect(() => live.onEvent((event) => isStale(event) && resource.refreshSoon()))
  $effect(() => live.onResync(() => void resource.refresh()))
  return resource
}
