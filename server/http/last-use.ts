import type { Deps } from '../deps.ts'

const NOTE_EVERY_MS = 60_000

/**
 * Notes that a session or a token was used, when the last note is a minute old. That fails where nothing can be written,
 * on a full disk: a request that only reads goes on all the same.
 */
export async function noteUse({ log }: Deps, last: string | null, write: () => Promise<void>): Promise<void> {
  if (last !== null && Date.now() - Date.parse(last) < NOTE_EVERY_MS) return
  await write().catch((error: unknown) => log.warn({ err: error }, 'when a session was last used could not be noted'))
}
