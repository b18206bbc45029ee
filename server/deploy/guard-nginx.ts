import type { Deps } from '../deps.ts'
import { type Alarm, pause } from './alarm.ts'

/** Each look reads two small files. */
const EVERY_MS = 1000

/**
 * An nginx of our own has nobody else who starts it again, and without it no app is reached: it is not to wait for the
 * next round of the reconciler. One that cannot be started is tried less and less often, at last with each round.
 */
export async function guardNginx(
  { nginx, config, log }: Pick<Deps, 'nginx' | 'config' | 'log'>,
  alarm: Pick<Alarm, 'ring'>,
  signal: AbortSignal,
  sleep = pause,
): Promise<void> {
  let wait = EVERY_MS
  while (!signal.aborted) {
    await sleep(wait, signal)
    const isGone = await nginx.isGone().catch((error: unknown) => {
      log.debug({ err: error }, 'could not look whether nginx runs')
      return false
    })
    if (isGone && !signal.aborted) alarm.ring()
    wait = isGone ? Math.min(wait * 2, config.reconcileSeconds * 1000) : EVERY_MS
  }
}
