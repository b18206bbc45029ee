import { type Deployment, findDeployment, listPreviews, updateDeployment } from '../../db/deployments.ts'
import { listJobs } from '../../db/jobs.ts'
import { listReleases } from '../../db/releases.ts'
import type { Db } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { enqueueAgain } from '../commands.ts'
import type { Queue } from '../queue.ts'
import { announce } from '../status.ts'
import { preparePreview } from './settings.ts'

/** A push while the one before is still built waits so long for others. */
const SETTLE_MS = 2000

/**
 * Deploys the newest commit of a preview, or notes why that has to wait: then it has made nothing, and is no failure.
 * Call inside a transaction. Answers the reason to wait.
 */
export async function beginOrHold(deps: Deps, db: Db, id: string): Promise<AppError | undefined> {
  const preview = await findDeployment(db, id)
  try {
    await preparePreview(deps, db, id)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message } = error
    const isFresh = (await listReleases(db, id)).length === 0
    if (isFresh && preview?.error?.message !== message)
      await updateDeployment(db, id, { status: 'stopped', error: { code, message } })
    return error
  }
  const sha = preview?.pullRequest?.approvedSha ?? preview?.pullRequest?.sha
  await enqueueAgain(db, id, { cause: { kind: 'pull_request', ...(sha !== undefined && { sha }) } }, SETTLE_MS)
  return undefined
}

/** Lets previews begin that waited for room, the oldest first. */
export async function beginWaiting(deps: Deps, queue: Queue): Promise<void> {
  for (const preview of (await listPreviews(deps.db)).filter(waitsForRoom)) {
    const begun = await deps.db.transaction().execute(async (db) => {
      const current = await findDeployment(db, preview.id)
      if (!current || !waitsForRoom(current) || (await isGoing(db, current.id))) return false
      return (await beginOrHold(deps, db, preview.id)) === undefined
    })
    if (begun) await announce(deps, preview.id)
    if (begun) queue.kick()
  }
}

const waitsForRoom = ({ error }: Deployment) => error?.code === 'preview_limit'

/** Whether a deployment is being removed, or is to be. */
export async function isGoing(db: Db, id: string): Promise<boolean> {
  const deployment = await findDeployment(db, id)
  if (!deployment || deployment.status === 'deleting') return true
  return (await listJobs(db, { deploymentId: id })).some((job) => job.kind === 'remove')
}
