import { findDeployment, updateDeployment } from '../db/deployments.ts'
import { insertJob } from '../db/jobs.ts'
import { updateRelease } from '../db/releases.ts'
import { AppError } from '../errors.ts'
import type { StepContext } from './context.ts'

/**
 * Makes the release the live one, in one transaction. Before this a crash or failure undoes the release; after it, the
 * deploy only goes forward.
 */
export async function promote(ctx: StepContext): Promise<void> {
  const { db, deployment, events, release } = ctx
  await db.transaction().execute(async (trx) => {
    const current = await findDeployment(trx, deployment.id)
    if (current?.status === 'deleting') throw new AppError('cancelled', 'The deployment is being deleted.')
    await updateRelease(trx, release, { status: 'live' })
    if (ctx.live) await updateRelease(trx, ctx.live, { status: 'retiring' })
    await updateDeployment(trx, deployment.id, {
      liveRelease: release.number,
      status: 'running',
      stopped: false,
      error: null,
    })
    // What was stopped when it was backed up is stopped again: only now, for a deploy that failed may be tried again.
    if (release.cause.kind === 'restore' && current?.stopped) await insertJob(trx, deployment.id, 'stop')
  })
  Object.assign(deployment, { liveRelease: release.number, status: 'running', stopped: false, error: null })
  events.publish({ type: 'deployment', deployment: deployment.id, status: 'running', error: null })
  events.publish({ type: 'release', deployment: deployment.id, release: release.number, status: 'live' })
}
