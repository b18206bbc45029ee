import { findDeployment, updateDeployment } from '../db/deployments.ts'
import type { DeploymentStatus, StoredError } from '../db/schema.ts'
import type { Deps } from '../deps.ts'

/** Tells whoever listens how a deployment stands: a job for it was taken or is over, also where its status stays. */
export async function announce({ db, events }: Pick<Deps, 'db' | 'events'>, id: string): Promise<void> {
  const deployment = await findDeployment(db, id)
  if (!deployment) return
  const { status, error } = deployment
  events.publish({ type: 'deployment', deployment: id, status, error })
}

/** Writes the status and tells whoever listens. A deployment that is being deleted stays so, unless that got stuck. */
export async function setStatus(
  deps: Pick<Deps, 'db' | 'events'>,
  id: string,
  status: DeploymentStatus,
  error?: StoredError | null,
): Promise<void> {
  const deployment = await findDeployment(deps.db, id)
  if (!deployment) return
  if (deployment.status === 'deleting' && status !== 'stuck') return
  if (
    deployment.status === status &&
    (error === undefined || JSON.stringify(error) === JSON.stringify(deployment.error))
  )
    return
  await updateDeployment(deps.db, id, { status, ...(error !== undefined && { error }) })
  deps.events.publish({
    type: 'deployment',
    deployment: id,
    status,
    error: error === undefined ? deployment.error : error,
  })
}
