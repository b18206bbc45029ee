import { type Dropped, listSteps, type Release } from '../db/releases.ts'
import type { Db, StoredError } from '../db/schema.ts'

const DROPPED: Record<Dropped, string> = {
  superseded: 'A newer release took its place.',
  cancelled: 'The deploy was cancelled. What it had made is taken away.',
}

/**
 * Why a release ended before it was live, as its row and its steps say. One that a restart had interrupted, and that was
 * taken out of the queue then, ended by that.
 */
export async function whyEnded(
  db: Db,
  { deploymentId, number, dropped }: Pick<Release, 'deploymentId' | 'number' | 'dropped'>,
): Promise<StoredError | undefined> {
  if (dropped !== null) return { code: dropped, message: DROPPED[dropped] }
  return (await listSteps(db, deploymentId, number)).find((it) => it.error !== null)?.error ?? undefined
}
