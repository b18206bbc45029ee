import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from './context.ts'
import { asFailure, EXIT } from './failure.ts'

const SOON_MS = 200
const LATER_MS = 1000
/** Slipway may be restarted while it deploys, and goes on with it: so long it may be silent. */
const SILENCE_MS = 60_000

/** What a look has found; undefined: not yet over. */
type Look<T> = () => Promise<T | undefined>

/**
 * Looks until there is something, soon at first and then every second, also while Slipway does not answer for a while.
 * @throws Failure unreachable, after a minute of silence; what the look throws besides
 */
export async function poll<T>({ note }: Context, look: Look<T>): Promise<T> {
  let silentSince: number | undefined
  for (let pause = SOON_MS; ; pause = Math.min(LATER_MS, pause * 1.2)) {
    try {
      const found = await look()
      if (found !== undefined) return found
      silentSince = undefined
    } catch (error) {
      const failure = asFailure(error)
      if (failure.exit !== EXIT.unreachable) throw failure
      if (silentSince === undefined) note('Slipway does not answer at the moment; still trying.')
      silentSince ??= Date.now()
      if (Date.now() - silentSince > SILENCE_MS) throw failure
    }
    await sleep(pause)
  }
}
