import { setTimeout as sleep } from 'node:timers/promises'

/** A pause between rounds that can be ended: then the next round comes at once. */
export type Alarm = { ring(): void; pause(ms: number, signal: AbortSignal): Promise<void> }

/** Who rings in the middle of a round ends the pause after it: what that round has looked at may be another by now. */
export function createAlarm(): Alarm {
  let rung = Promise.withResolvers<void>()
  return {
    ring: () => rung.resolve(),
    async pause(ms, signal) {
      const over = new AbortController()
      await Promise.race([pause(ms, AbortSignal.any([signal, over.signal])), rung.promise])
      over.abort()
      rung = Promise.withResolvers<void>()
    },
  }
}

/** The one error of `sleep` is the abort that ends the pause. */
export const pause = (ms: number, signal: AbortSignal) =>
  sleep(ms, undefined, { signal, ref: false }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
