import { setTimeout as sleep } from 'node:timers/promises'
import { CloudflareFailure } from './cloudflare-failure.ts'

export type Timings = {
  /** Until one request is given up. */
  timeoutMs: number
  /** Further attempts after the first. */
  retries: number
  /** Before the second attempt; doubles each time. */
  backoffMs: number
  /** No wait is longer, whatever Retry-After says. */
  longestWaitMs: number
}

export const defaultTimings: Timings = { timeoutMs: 15_000, retries: 4, backoffMs: 500, longestWaitMs: 10_000 }

/**
 * Runs `attempt` again after a failure that may pass. `attempt` must look before it creates: the failed call may have
 * had its effect. Rejects with the last failure, or with the signal's reason.
 */
export async function retrying<T>(attempt: () => Promise<T>, timings: Timings, signal?: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof CloudflareFailure) || !error.retryable || tries >= timings.retries) throw error
      await wait(waitAfter(error, tries, timings), signal)
    }
  }
}

function waitAfter(failure: CloudflareFailure, tries: number, timings: Timings): number {
  const backoff = timings.backoffMs * 2 ** tries * (0.75 + Math.random() / 2)
  return Math.min(failure.retryAfterMs ?? backoff, timings.longestWaitMs)
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error) => {
    signal?.throwIfAborted()
    throw error
  })
}

/** A lock: what is given to it runs one at a time, in the order it came. A failure does not stop the next. */
export function createLock(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}

/** The value of the first call that succeeds; a failure is not kept. */
export function once<A extends unknown[], T>(make: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let made: Promise<T> | undefined
  return (...args) => {
    made ??= make(...args).catch((error) => {
      made = undefined
      throw error
    })
    return made
  }
}
