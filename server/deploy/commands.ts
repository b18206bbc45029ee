import { randomUUID } from 'node:crypto'
import {
  type Delivery,
  type Deployment,
  type EnvVariable,
  findBySubdomain,
  findDeployment,
  insertDeployment,
  listPreviews,
  type Overrides,
  updateDeployment,
  type Volume,
} from '../db/deployments.ts'
import { hurryJobs, insertJob, listJobs } from '../db/jobs.ts'
import { type Cause, findRelease, insertRelease, type Origin, type Release } from '../db/releases.ts'
import type { Db } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { sealEnv } from './context.ts'
import { claimDeployKey } from './deploy-keys.ts'
import { preparePreview } from './previews/settings.ts'
import { dropQueuedDeploys, type Queue } from './queue.ts'
import { refuseWhileRestored } from './restored.ts'
import { announce, setStatus } from './status.ts'

/** What a user can ask for. Each writes the wish and its job in one transaction, then wakes the queue. */

export type NewApp = {
  name: string
  githubUrl: string
  branch: string | null
  rootDir: string
  subdomain: string
  template: string | null
  overrides: Overrides
  volumes: Volume[]
  env: EnvVariable[]
  delivery?: Delivery
  /** A key that nobody has yet. */
  deployKeyId?: string
}

/** @throws subdomain_taken, invalid_input for a deploy key that is not its own */
export async function createApp(deps: Deps, queue: Queue, app: NewApp, cause?: Cause): Promise<Deployment> {
  const id = randomUUID()
  const created = await deps.db.transaction().execute(async (db) => {
    await refuseTaken(db, id, app.subdomain)
    const deployment = await insertDeployment(db, { ...app, id, env: sealEnv(deps, id, app.env) })
    if (app.deployKeyId !== undefined) await claimDeployKey(db, app.deployKeyId, deployment)
    await enqueueDeploy(db, deployment, { ...(cause && { cause }) })
    return deployment
  })
  deps.events.publish({ type: 'deployment', deployment: id, status: created.status, error: null })
  queue.kick()
  return created
}

export type AppChanges = Partial<Omit<NewApp, 'githubUrl' | 'deployKeyId'>>

/** Whether a change is deployed at once, or waits for the next push or redeploy. */
export type When = 'now' | 'later'

/**
 * Changes the settings, and deploys with them unless that is to wait. `change` is given the settings that it is laid
 * over: those of this moment, for what another change has just written has to stay. Answers both.
 * @throws subdomain_taken, not_possible_now, not_found; what `change` throws
 */
export async function changeApp(
  deps: Deps,
  queue: Queue,
  { id }: Pick<Deployment, 'id'>,
  change: (before: Deployment) => AppChanges,
  { when = 'now', cause }: { when?: When; cause?: Cause } = {},
): Promise<{ before: Deployment; changes: AppChanges }> {
  const changed = await deps.db.transaction().execute(async (db) => {
    const before = await findOrRefuse(db, id)
    const changes = change(before)
    await refuseWhileDeleting(db, before)
    refuseForPreview(before, 'A preview has the settings of its app: change them there.')
    const { env, ...others } = changes
    if (others.subdomain !== undefined) await refuseTaken(db, id, others.subdomain)
    await updateDeployment(db, id, { ...others, ...(env && { env: sealEnv(deps, id, env) }) })
    if (when === 'now') await enqueueAgain(db, id, { ...(cause && { cause }) })
    return { before, changes }
  })
  await announce(deps, id)
  queue.kick()
  return changed
}

/**
 * Deploys the newest commit. What is built already is used again, unless `rebuild` asks for everything anew, base image
 * and dependencies with it. Where a deploy is on its way already this one waits `settleMs` for others, then takes its
 * place: so a storm of pushes builds twice, not fifty times.
 * @throws not_possible_now, not_found; approval_needed, preview_limit
 */
export async function redeployApp(
  deps: Deps,
  queue: Queue,
  deployment: Deployment,
  { rebuild = false, cause, settleMs = 0 }: { rebuild?: boolean; cause?: Cause; settleMs?: number } = {},
): Promise<void> {
  await deps.db.transaction().execute(async (db) => {
    await refuseWhileDeleting(db, await findOrRefuse(db, deployment.id))
    await preparePreview(deps, db, deployment.id)
    await enqueueAgain(db, deployment.id, { rebuild, ...(cause && { cause }) }, settleMs)
  })
  await announce(deps, deployment.id)
  queue.kick()
}

/** Deploys the image of an earlier release again, with that release's environment. @throws not_found, image_gone */
export async function rollBackApp(
  deps: Deps,
  queue: Queue,
  deployment: Deployment,
  number: number,
  cause?: Cause,
): Promise<void> {
  refuseForPreview(deployment, 'A preview shows the newest commit of its pull request: there is nothing to go back to.')
  await deps.db.transaction().execute(async (db) => {
    await refuseWhileDeleting(db, await findOrRefuse(db, deployment.id))
    const imageFrom = await findToRollBackTo(db, deployment.id, number)
    await enqueueAgain(db, deployment.id, { imageFrom, ...(cause && { cause }) })
  })
  await announce(deps, deployment.id)
  queue.kick()
}

/** @throws not_found, not_possible_now, image_gone */
async function findToRollBackTo(db: Db, deploymentId: string, number: number): Promise<Release> {
  const target = await findRelease(db, deploymentId, number)
  if (!target) throw new AppError('not_found', `There is no release ${number}.`, { field: 'release' })
  if (target.status === 'live')
    throw new AppError('not_possible_now', `Release ${number} is the live one.`, { field: 'release' })
  if (target.status === 'retired' || target.status === 'retiring') return target
  throw new AppError(
    'image_gone',
    `Release ${number} never went live, or its image is gone. Choose one that was live, or deploy again.`,
    { field: 'release' },
  )
}

/** Stops, starts or restarts the live release. @throws not_possible_now, not_found */
export async function switchApp(
  deps: Deps,
  queue: Queue,
  deployment: Deployment,
  kind: 'stop' | 'start' | 'restart',
): Promise<void> {
  await deps.db.transaction().execute(async (db) => {
    const current = await findOrRefuse(db, deployment.id)
    await refuseWhileDeleting(db, current)
    if (current.liveRelease === null)
      throw new AppError('not_possible_now', 'Nothing of this app is live yet. Deploy it first.')
    await insertJob(db, deployment.id, kind)
  })
  await announce(deps, deployment.id)
  queue.kick()
}

/** Ends the running deploy, or takes the waiting one out of the queue. @throws not_possible_now when there is none */
export async function cancelDeploy(deps: Deps, queue: Queue, deployment: Deployment): Promise<void> {
  const reason = new AppError('cancelled', 'The deploy was cancelled. What it had made is taken away.')
  const dropped = await deps.db.transaction().execute((db) => dropQueuedDeploys(db, deployment.id, 'cancelled'))
  const aborted = queue.abort(deployment.id, reason)
  if (!aborted && dropped === 0)
    throw new AppError('not_possible_now', 'No deploy is on its way, so there is nothing to cancel.')
  // Asked for anew: a deploy may have gone live while this one was dropped.
  const isNeverLive = (await findDeployment(deps.db, deployment.id))?.liveRelease === null
  if ((dropped > 0 || !aborted) && isNeverLive) {
    await setStatus(deps, deployment.id, 'failed', { code: 'cancelled', message: reason.message })
  } else await announce(deps, deployment.id)
  // A stop or start that was asked for after it need not wait any more.
  queue.kick()
}

/** Goes on with what got stuck, or deploys again what failed. @throws not_possible_now */
export async function retryApp(deps: Deps, queue: Queue, deployment: Deployment): Promise<void> {
  const waiting = await listJobs(deps.db, { deploymentId: deployment.id, state: 'queued' })
  if (waiting.length > 0) {
    await hurryJobs(deps.db, deployment.id)
    return queue.kick()
  }
  if (deployment.status !== 'failed' && deployment.error === null)
    throw new AppError('not_possible_now', 'Nothing failed, so there is nothing to try again.')
  await redeployApp(deps, queue, deployment)
}

/**
 * Removes everything of the deployment, and its previews with their volumes. The queue ends a running deploy first.
 * Asking twice is fine: the first decides about volumes.
 * @throws not_possible_now on a machine that was restored, until that was confirmed
 */
export async function deleteApp(
  deps: Deps,
  queue: Queue,
  deployment: Deployment,
  options: { keepVolumes: boolean },
): Promise<void> {
  const previews = await deps.db.transaction().execute(async (db) => {
    await refuseWhileRestored(db)
    // Somebody else asked for it, and it is done.
    if (!(await findDeployment(db, deployment.id))) return undefined
    const previews = await listPreviews(db, deployment.id)
    await enqueueRemoval(db, deployment.id, options)
    for (const { id } of previews) await enqueueRemoval(db, id, { keepVolumes: false })
    return previews
  })
  for (const { id } of previews ? [deployment, ...previews] : []) {
    deps.events.publish({ type: 'deployment', deployment: id, status: 'deleting', error: null })
  }
  queue.kick()
}

async function enqueueRemoval(db: Db, id: string, options: { keepVolumes: boolean }): Promise<void> {
  await dropQueuedDeploys(db, id, 'cancelled')
  const isFirst = !(await listJobs(db, { deploymentId: id })).some((job) => job.kind === 'remove')
  if (isFirst) await insertJob(db, id, 'remove')
  await hurryJobs(db, id)
  await updateDeployment(db, id, { status: 'deleting', ...(isFirst && options) })
}

async function enqueueDeploy(db: Db, deployment: Deployment, origin?: Origin, runAfter?: string): Promise<void> {
  const release = await insertRelease(db, deployment, origin)
  await insertJob(db, deployment.id, 'deploy', release.number, runAfter)
}

/** The newest wish wins: deploys that have not started yet are dropped. A live app stays `running` meanwhile. */
export async function enqueueAgain(db: Db, deploymentId: string, origin?: Origin, settleMs = 0): Promise<void> {
  await dropQueuedDeploys(db, deploymentId, 'superseded')
  const current = await findOrRefuse(db, deploymentId)
  if (current.liveRelease === null) await updateDeployment(db, deploymentId, { status: 'queued', error: null })
  const busy = (await listJobs(db, { deploymentId, state: 'running' })).some((job) => job.kind === 'deploy')
  const runAfter = busy && settleMs > 0 ? new Date(Date.now() + settleMs).toISOString() : undefined
  await enqueueDeploy(db, current, origin, runAfter)
}

/** @throws not_found */
async function findOrRefuse(db: Db, id: string): Promise<Deployment> {
  const deployment = await findDeployment(db, id)
  if (!deployment) throw new AppError('not_found', 'There is no such deployment.')
  return deployment
}

/**
 * Also a delete that is stuck goes on, sooner or later. Inside the transaction that writes the wish, for a deployment as
 * it is found there: no delete can come in between.
 */
async function refuseWhileDeleting(db: Db, { id, status }: Deployment): Promise<void> {
  const removing = (await listJobs(db, { deploymentId: id })).some((job) => job.kind === 'remove')
  if (status === 'deleting' || removing) throw new AppError('not_possible_now', 'This deployment is being deleted.')
}

/** @throws not_possible_now */
function refuseForPreview({ previewOf }: Deployment, message: string): void {
  if (previewOf !== null) throw new AppError('not_possible_now', message)
}

/** Inside the transaction that takes the name: no other can begin before it ends. @throws subdomain_taken */
async function refuseTaken(db: Db, deploymentId: string, subdomain: string): Promise<void> {
  const owner = await findBySubdomain(db, subdomain)
  if (owner === undefined || owner.id === deploymentId) return
  throw new AppError('subdomain_taken', `The subdomain ${subdomain} is taken by ${owner.name}. Choose another one.`, {
    field: 'subdomain',
  })
}
