import { untrack } from 'svelte'
import { type ApiError, asApiError, isAbort } from '../api/client.ts'
import { type Live, live } from './live.svelte.ts'

type Ask<In, Out> = (input: In, signal: AbortSignal) => Promise<Out>

/** What the server says about something as it is typed. */
export class Check<In, Out> {
  /** `idle`: there is nothing to ask about. */
  state = $state<'idle' | 'asking' | 'good' | 'bad'>('idle')
  /** The last answer, also while another question is on its way or was refused. */
  data = $state.raw<Out>()
  error = $state.raw<ApiError>()
  /** When the question came up, in milliseconds since 1970. */
  since = $state(0)
  /** True while more may be typed: the question itself has yet to be asked. */
  isWaiting = false
  readonly #ask: Ask<In, Out>
  readonly #pauseMs: number

  constructor(ask: Ask<In, Out>, pauseMs: number) {
    this.#ask = ask
    this.#pauseMs = pauseMs
  }

  /** The answer to what is asked about now. */
  get answer(): Out | undefined {
    return this.state === 'good' ? this.data : undefined
  }

  /** Asks when nothing else was asked for a moment. Answers the function that ends it. */
  begin(input: In | undefined): () => void {
    const asking = new AbortController()
    this.error = undefined
    this.state = input === undefined ? 'idle' : 'asking'
    this.isWaiting = input !== undefined
    if (input === undefined) return () => asking.abort()
    this.since = Date.now()
    const timer = setTimeout(() => void this.#run(input, asking.signal), this.#pauseMs)
    return () => {
      clearTimeout(timer)
      asking.abort()
    }
  }

  async #run(input: In, signal: AbortSignal): Promise<void> {
    this.isWaiting = false
    try {
      const data = await this.#ask(input, signal)
      if (signal.aborted) return
      this.data = data
      this.state = 'good'
    } catch (error) {
      if (signal.aborted || isAbort(error)) return
      this.error = asApiError(error)
      this.state = 'bad'
    }
  }
}

/**
 * A check for as long as the component lives: asked again whenever `input` says something else, `pauseMs` after the last
 * change, and after a lost connection; an answer to what was typed before is dropped and its request ended. `undefined`
 * means there is nothing to ask.
 */
export function useCheck<In, Out>(
  input: () => In | undefined,
  ask: Ask<In, Out>,
  pauseMs = 300,
  news: Pick<Live, 'onResync'> = live,
): Check<In, Out> & { again: () => void } {
  const check = new Check(ask, pauseMs)
  let attempt = $state(0)
  const again = () => {
    attempt += 1
  }
  const key = $derived(JSON.stringify(input()))
  $effect(() => {
    void attempt
    void key
    return untrack(() => check.begin(input()))
  })
  $effect(() => news.onResync(() => check.isWaiting || again()))
  return Object.assign(check, { again })
}
