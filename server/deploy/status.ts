import { findDeployment, updateDeployment } from '../db/deployments.ts'
import type { Db, DeploymentStatus, StoredError } from '../db/schema.ts'
import type { Deps } from '../deps.ts'

/** Tells whoever listens how a deployment stands: a job for it was taken or is over, also where its status stays. */
export async function announce({ db, events }: Pick<Deps, 'db' | 'events'>, id: string): Promise<void> {
  const deployment = await findDeployment(db, id)
  if (!deployment) return
  const { status, error } = deployment
  events.publish({ type: 'deployment', deployment: id, status, error })
}

/**
 * Writes the status and tells whoever listens. A deployment that is being deleted stays so, unless that got stuck. Where
 * the status follows from something else that is stored, a function that finds it: both are of one moment. Not for a
 * transaction: it makes its own.
 */
export async function setStatus(
  { db, events }: Pick<Deps, 'db' | 'events'>,
  id: string,
  wanted: DeploymentStatus | ((db: Db) => Promise<DeploymentStatus>),
  error?: StoredError | null,
): Promise<void> {
  const changed = await db.transaction().execute(async (trx) => {
    const before = await findDeployment(trx, id)
    if (!before) return undefined
    const status = typeof wanted === 'string' ? wanted : await wanted(trx)
    const after = { status, error: error === undefined ? before.error : error }
    if (before.status === 'deleting' && status !== 'stuck') return undefined
    if (before.status === status && JSON.stringify(after.error) === JSON.stringify(before.error)) return undefined
    await updateDeployment(trx, id, { status, ...(error !== undefined && { error }) })
    return after
  })
  if (changed) events.publish({ type: 'deployment', deployment: id, ...changed })
}
