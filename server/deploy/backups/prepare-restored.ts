import { findBackup, updateBackup } from '../../db/backups.ts'
import { type Deployment, listDeployments, updateDeployment } from '../../db/deployments.ts'
import { insertJob } from '../../db/jobs.ts'
import { findRelease, insertRelease, listReleases, updateRelease } from '../../db/releases.ts'
import { type Db, now } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { dropQueuedDeploys } from '../queue.ts'
import { markRestored } from '../restored.ts'
import type { Manifest } from './manifest.ts'

type Source = { manifest: Manifest; name: string; size: number }

/**
 * Makes of a database that was backed up one that a machine without any container or image can start with: every app
 * that was live is deployed once more, as its live release was made and from its commit, and one that was stopped is
 * stopped again as soon as it is live (see promote.ts). What the ledger says of the old machine stays: taking down the old release finds that nothing is
 * there. Answers how many apps come back.
 */
export async function prepareRestored(db: Deps['db'], source: Source): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await markRestored(trx, { at: now(), madeAt: source.manifest.createdAt, name: source.name })
    await settleBackup(trx, source)
    let count = 0
    for (const deployment of await listDeployments(trx)) if (await bringBack(trx, deployment)) count += 1
    return count
  })
}

/** In the copy of the database that is in it, the backup was still being made. */
async function settleBackup(db: Db, { manifest, size }: Source): Promise<void> {
  const backup = await findBackup(db, manifest.id)
  if (backup) await updateBackup(db, backup.id, { state: 'succeeded', size, held: [], upload: null, endedAt: now() })
}

async function bringBack(db: Db, deployment: Deployment): Promise<boolean> {
  const { id, liveRelease, status } = deployment
  const live = liveRelease === null ? undefined : await findRelease(db, id, liveRelease)
  if (!live || status === 'deleting') return false
  for (const release of await listReleases(db, id))
    if (release.status === 'retired') await updateRelease(db, release, { status: 'pruned' })
  await updateRelease(db, live, { containerId: null })
  await dropQueuedDeploys(db, id, 'superseded')
  const release = await insertRelease(db, deployment, { again: live, cause: { kind: 'restore' } })
  await updateDeployment(db, id, { status: 'queued', error: null })
  await insertJob(db, id, 'deploy', release.number)
  return true
}
