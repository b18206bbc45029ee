import type { Deps } from '../deps.ts'

const NOTE_EVERY_MS = 60_000

/**
 * Notes that a session or a token was used, when the last note is a minute old, and answers whether it is still there:
 * it may have ended since it was found. The note fails where nothing can be written, on a full disk: a request that only
 * reads goes on all the same.
 */
export async function noteUse({ log }: Deps, last: string | null, write: () => Promise<boolean>): Promise<boolean> {
  if (last !== null && Date.now() - Date.parse(last) < NOTE_EVERY_MS) return true
  return write().catch((error: unknown) => {
    log.warn({ err: error }, 'when a session was last used could not be noted')
    return true
  })
}
