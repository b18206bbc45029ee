import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { listDeployments, updateDeployment } from '../db/deployments.ts'
import { deleteJob, insertJob, type Job, listJobs, requeueJob, turnIntoUndo } from '../db/jobs.ts'
import { findRelease, updateRelease } from '../db/releases.ts'
import type { Deps } from '../deps.ts'

/** A deploy that died with the server is tried once more, never a third time: it may be what kills the server. */
const MAX_ATTEMPTS = 2

/** Statuses that only a job leads out of. */
const UNDER_WAY = new Set(['queued', 'building', 'deploying'])
const INTERRUPTED = { code: 'interrupted', message: 'Slipway was stopped during this deploy. Deploy again.' } as const

/**
 * Puts in order what the last run left, before the server listens: jobs that were running go on. A half-done release is
 * undone at the start of its next attempt; after the second death it is only undone. Running apps are not touched.
 */
export async function recover(deps: Deps): Promise<void> {
  await sweepPlans(deps)
  for (const job of await listJobs(deps.db, { state: 'running' })) await takeUp(deps, job)
  const removing = new Set(
    (await listJobs(deps.db)).flatMap((job) => (job.kind === 'remove' ? [job.deploymentId] : [])),
  )
  const busy = new Set((await listJobs(deps.db)).map((job) => job.deploymentId))
  for (const { id, status } of await listDeployments(deps.db)) {
    if (status === 'deleting' && !removing.has(id)) await insertJob(deps.db, id, 'remove')
    else if (UNDER_WAY.has(status) && !busy.has(id))
      await updateDeployment(deps.db, id, { status: 'failed', error: INTERRUPTED })
  }
}

/** A look into a repository that was never deployed leaves its clone when the server dies under it. */
async function sweepPlans({ config }: Deps): Promise<void> {
  const folder = path.join(config.dataDir, 'checkouts')
  const names = existsSync(folder) ? await readdir(folder) : []
  for (const name of names.filter((it) => it.startsWith('plan-'))) {
    await rm(path.join(folder, name), { recursive: true, force: true })
  }
}

async function takeUp({ db, log }: Deps, job: Job): Promise<void> {
  log.warn(
    { deployment: job.deploymentId, job: job.kind, attempt: job.attempts },
    'taking up a job that the last stop interrupted',
  )
  if (job.kind !== 'deploy' || job.attempts < MAX_ATTEMPTS) return requeueJob(db, job.id)
  const release = await findRelease(db, job.deploymentId, job.release ?? 0)
  if (!release) return deleteJob(db, job.id)
  await db.transaction().execute(async (trx) => {
    await turnIntoUndo(trx, job.id)
    await requeueJob(trx, job.id)
    if (release.status === 'live') return
    await updateRelease(trx, release, { status: 'undoing' })
    await updateDeployment(trx, job.deploymentId, {
      error: {
        code: 'interrupted',
        message:
          'Slipway was stopped twice during this deploy, so it was not tried again. If the build needs more memory than the machine has, lower SLIPWAY_BUILD_MEMORY_MB; then deploy again.',
      },
    })
  })
}
