import type { DeploymentStatus, StoredError } from '../db/schema.ts'
import type { Told } from '../db/told.ts'
import type { NewsKind } from '../states.ts'
import { usedShare } from './read-disk.ts'

export type Decision = { told: Told; news?: NewsKind }

/** What somebody did on purpose, or a newer push: nothing went wrong. */
const ON_PURPOSE = new Set(['superseded', 'cancelled'])

/** What the end of a release is news of. One that ended before a newer one did is none, nor is one without a reason. */
export function decideDeploy(
  told: Told,
  ended: { release: number; status: 'live' | 'failed'; error?: StoredError | undefined },
): Decision {
  if (ended.release <= told.release) return { told }
  const next = { ...told, release: ended.release }
  if (ended.status === 'live') {
    return { told: { ...next, isFailing: false }, ...(told.isFailing && { news: 'deploy-recovered' as const }) }
  }
  if (ended.error === undefined || ON_PURPOSE.has(ended.error.code)) return { told: next }
  return { told: { ...next, isFailing: true }, news: 'deploy-failed' }
}

/**
 * That the command after a deploy failed is news of the release that is live, once, and not before it was noted as live:
 * from then on the last deploy counts as one that failed.
 */
export function decideAfterDeploy(told: Told, liveRelease: number | null, hasFailed: boolean): Decision {
  const isKnown = liveRelease !== null && told.release >= liveRelease
  if (!hasFailed || !isKnown || told.isFailing) return { told }
  return { told: { ...told, isFailing: true }, news: 'deploy-failed' }
}

/** An app that goes up and down is told of once in this time. */
export const QUIET_MS = 10 * 60_000

type Seen = { status: DeploymentStatus; liveRelease: number | null; error: StoredError | null }

/**
 * What an app's status is news of: that it is down by the word of the engine or the reconciler, and that it has run
 * again for `calmMs`. What a deploy or a user does to it has another status, or names another step.
 */
export function decideHealth(told: Told, seen: Seen, at: Date, calmMs: number): Decision {
  const { status, liveRelease, error } = seen
  if (status === 'failed' && liveRelease !== null && error?.step === 'run')
    return down({ ...told, upAt: null }, seen, at)
  if (status !== 'running') return { told: { ...told, upAt: null, isDown: told.isDown && status === 'failed' } }
  if (told.isDown) return upAgain(told, at, calmMs)
  const ranOut = error?.code === 'app_out_of_memory'
  if (!ranOut || told.ranOut) return { told: { ...told, ranOut } }
  const { told: next, ...news } = down(told, seen, at)
  return { told: { ...next, ranOut, upAt: next.isDown ? at.toISOString() : null }, ...news }
}

function down(told: Told, { error }: Seen, at: Date): Decision {
  const next = { ...told, ranOut: error?.code === 'app_out_of_memory' }
  const isSoon = told.downAt !== null && at.getTime() - Date.parse(told.downAt) < QUIET_MS
  if (told.isDown || isSoon) return { told: next }
  return { told: { ...next, isDown: true, downAt: at.toISOString() }, news: 'app-down' }
}

function upAgain(told: Told, at: Date, calmMs: number): Decision {
  if (told.upAt === null) return { told: { ...told, upAt: at.toISOString() } }
  if (at.getTime() - Date.parse(told.upAt) < calmMs) return { told }
  return { told: { ...told, isDown: false, upAt: null }, news: 'app-recovered' }
}

/** So much less than `full` has to be in use before the same disk is news again. */
const EASE = 0.05

export type Disk = { folder: string; total: number; free: number }

/** The disks that have become nearly full, and all that are to be told of again only once they were not. */
export function decideDisks(
  told: readonly string[],
  disks: readonly Disk[],
  full = 0.8,
): { told: string[]; news: Disk[] } {
  const news = disks.filter((disk) => usedShare(disk) >= full && !told.includes(disk.folder))
  const stillFull = told.filter((folder) => {
    const disk = disks.find((it) => it.folder === folder)
    return disk === undefined || usedShare(disk) >= full - EASE
  })
  return { told: [...stillFull, ...news.map((it) => it.folder)], news }
}
