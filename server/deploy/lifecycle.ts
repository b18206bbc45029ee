import { deleteKeyOfDeployment } from '../db/deploy-keys.ts'
import { type Deployment, deleteDeployment, findDeployment, listPreviews, updateDeployment } from '../db/deployments.ts'
import { deleteJob, type Job, listJobs, requeueJob, turnIntoUndo } from '../db/jobs.ts'
import { forgetRemoved, listLedger } from '../db/ledger.ts'
import { insertReceipt, type Receipt } from '../db/receipts.ts'
import { deleteReleases, findRelease, listReleases, type Release, updateRelease } from '../db/releases.ts'
import { type Db, type DeploymentStatus, now, type ReleaseStatus, type StoredError } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError, toAppError } from '../errors.ts'
import { containerName } from '../names.ts'
import { openBuildLog } from './build-log.ts'
import { clearBuildCache } from './clear-build-cache.ts'
import { createContext, openEnv, type StepContext, vhostOf } from './context.ts'
import { whyEnded } from './end-of-release.ts'
import { readGithubToken } from './github-token.ts'
import { keepMetadataWall } from './metadata-wall.ts'
import { pipeline } from './pipeline.ts'
import { areDrained, type Hurry, retireOthers } from './retire.ts'
import { applyAll, checkAll, revertAll, StepError, storedError } from './run.ts'
import { announce, setStatus } from './status.ts'
import type { Until } from './step.ts'
import { waitUntilHealthy } from './steps/await-health.ts'
import { runPostDeploy } from './steps/run-post-deploy.ts'
import { stopSecondsOf } from './stop-seconds.ts'

/** How long a removal that got stuck waits before it goes on by itself. */
const RETRY_MS = 60_000
/** How often an app that is being removed looks whether its previews are gone: their rows name its own. */
const PREVIEWS_MS = 500

/** Tells the queue that until `work` is over a job does little but wait for the last requests of what it has replaced. */
export type WhileDraining = <T>(work: (hurry: Hurry) => Promise<T>) => Promise<T>

/**
 * Does one job of the queue to its end. Failures of a deploy are written to the deployment, not thrown; what could not
 * be undone is put back into the queue.
 */
export async function runJob(deps: Deps, job: Job, signal: AbortSignal, whileDraining: WhileDraining): Promise<void> {
  await work(deps, job, signal, whileDraining)
  await announce(deps, job.deploymentId)
}

async function work(deps: Deps, job: Job, signal: AbortSignal, whileDraining: WhileDraining): Promise<void> {
  switch (job.kind) {
    case 'deploy':
      await deploy(deps, job, signal, whileDraining)
      break
    case 'undo':
      await undo(deps, job, whileDraining)
      break
    case 'remove':
      await remove(deps, job, signal)
      break
    default:
      await switchApp(deps, job.deploymentId, job.kind, signal, whileDraining)
      if (signal.aborted) return await requeueJob(deps.db, job.id)
      await deleteJob(deps.db, job.id)
  }
}

async function deploy(deps: Deps, job: Job, signal: AbortSignal, whileDraining: WhileDraining): Promise<void> {
  const { deploymentId, release: number } = job
  const release = await findRelease(deps.db, deploymentId, number ?? 0)
  const deployment = await findDeployment(deps.db, deploymentId)
  if (!release || !deployment) return deleteJob(deps.db, job.id)
  const secrets = openEnv(deps, deploymentId, release.env).flatMap((it) => (it.secret ? [it.value] : []))
  const log = await openBuildLog(deps, deploymentId, release.number, [...secrets, ...(await tokensOf(deps))])
  const ctx = await createContext(deps, deploymentId, release.number, {
    signal,
    say: (text, stream) => log.write(text, stream),
    retireOthers: () => whileDraining((hurry) => retireOthers(deps, deploymentId, hurry)),
  })
  try {
    await runRelease(ctx)
    await deleteJob(deps.db, job.id)
  } catch (error) {
    if (signal.aborted && signal.reason === SHUTDOWN) return await requeueJob(deps.db, job.id)
    if (error instanceof StepError) log.write(`${error.step}: ${error.message}`, 'stderr')
    else deps.log.error({ err: error, deployment: deploymentId }, 'a deploy failed in an unexpected way')
    await settleFailure(deps, ctx, job, error, whileDraining)
  } finally {
    await log.close()
  }
}

/** The reason a job is aborted with when the server stops: it goes on after the next start. */
export const SHUTDOWN = new AppError('interrupted', 'Slipway is stopping.')

const tokensOf = async (deps: Deps) =>
  [(await readGithubToken(deps))?.token, deps.config.cloudflare?.apiToken].filter((it) => it !== undefined)

async function runRelease(ctx: StepContext): Promise<void> {
  const { deployment, release } = ctx
  await keepMetadataWall(ctx)
  const wentLive = deployment.liveRelease === release.number
  const from = wentLive ? pipeline.findIndex((step) => step.name === 'prove-live') : 0
  if (!wentLive) {
    if (await isStanding(ctx)) {
      await enter(ctx, 'undoing')
      await revertAll(pipeline, ctx, reachOf(deployment))
    }
    await enter(ctx, 'running')
    await checkAll(pipeline, ctx)
  }
  await applyAll(pipeline.slice(from), ctx, async (step) => {
    if (ctx.live === undefined && deployment.liveRelease === null) await setStatus(ctx, deployment.id, step.phase)
  })
  await revertAll(pipeline, ctx, 'deployed')
}

/** Whether an attempt before this one left something. */
const isStanding = async ({ db, deployment, release }: StepContext) =>
  (await listLedger(db, deployment.id)).some((it) => it.release === release.number && it.state !== 'removed')

async function enter(ctx: StepContext, status: ReleaseStatus): Promise<void> {
  await updateRelease(ctx.db, ctx.release, { status })
  ctx.release.status = status
  ctx.events.publish({ type: 'release', deployment: ctx.deployment.id, release: ctx.release.number, status })
}

/** How far a release is undone that did not go live. While another one serves, what outlives releases stays. */
const reachOf = ({ liveRelease }: Deployment): Until => (liveRelease === null ? 'deleted' : 'pruned')

/** Undoes a release that failed before it went live; one that is live stays, and only its clean-up goes on. */
async function settleFailure(
  deps: Deps,
  ctx: StepContext,
  job: Job,
  error: unknown,
  whileDraining: WhileDraining,
): Promise<void> {
  const reason =
    error instanceof StepError ? storedError(error.step, error.cause) : storedError(undefined, toAppError(error))
  const current = await findDeployment(deps.db, job.deploymentId)
  const isLive = current?.liveRelease === ctx.release.number
  const isTold = reason.code !== 'superseded' && (!isLive || isOfPostDeploy(reason))
  await deps.db.transaction().execute(async (db) => {
    await turnIntoUndo(db, job.id)
    if (!isLive) await updateRelease(db, ctx.release, { status: 'undoing' })
    if (isTold) await updateDeployment(db, job.deploymentId, { error: reason })
  })
  if (current && isTold) {
    deps.events.publish({ type: 'deployment', deployment: current.id, status: current.status, error: reason })
  }
  await undo(deps, { ...job, kind: 'undo' }, whileDraining)
}

/** Of what fails after a release went live, the user hears of the command that was to say whether it is good. */
const isOfPostDeploy = ({ step, code }: StoredError) => step === runPostDeploy.name && code !== 'cancelled'

/** Takes away what a failed release left, or what a live one still has to clean up, and settles the status. */
async function undo(deps: Deps, job: Job, whileDraining: WhileDraining): Promise<void> {
  const release = await findRelease(deps.db, job.deploymentId, job.release ?? 0)
  if (!release) return deleteJob(deps.db, job.id)
  await whileDraining((hurry) => undoRelease(deps, job, release, hurry))
}

/** What was asked for when the release was live: another one went live before its turn came. It has not failed. */
const REPLACED: readonly ReleaseStatus[] = ['retiring', 'retired', 'pruned']

async function undoRelease(deps: Deps, job: Job, release: Release, hurry: Hurry): Promise<void> {
  const ctx = await createContext(deps, job.deploymentId, release.number, { signal: hurry.byOther })
  const hasServed = ctx.deployment.liveRelease === release.number || REPLACED.includes(release.status)
  try {
    if (hasServed) await retireOthers(deps, job.deploymentId, hurry)
    await revertAll(pipeline, ctx, hasServed ? 'deployed' : reachOf(ctx.deployment))
    if (!hasServed) await noteFailure(deps, release)
    await setStatus(deps, job.deploymentId, (db) => statusAfter(db, ctx.deployment))
    await deleteJob(deps.db, job.id)
  } catch (error) {
    if (hurry.byOther.aborted) return await letThrough(deps, job, hurry.byOther)
    await getStuck(deps, job, error, ctx.deployment)
  }
}

/** What was begun goes on after the next start, or after what waits for it. */
const letThrough = ({ db }: Deps, job: Job, { reason }: AbortSignal) =>
  requeueJob(db, job.id, reason === SHUTDOWN ? null : new Date(Date.now() + RETRY_MS).toISOString())

/** Nothing of the release is left. The reason is told with it: its own, or that of the deployment. */
async function noteFailure({ db, events }: Deps, release: Release): Promise<void> {
  const { deploymentId, number } = release
  await updateRelease(db, release, { status: 'failed' })
  const error = (await whyEnded(db, release)) ?? (await findDeployment(db, deploymentId))?.error
  events.publish({
    type: 'release',
    deployment: deploymentId,
    release: number,
    status: 'failed',
    ...(error && { error }),
  })
}

/** Where a newer deploy waits already, a first one that came to nothing is no failure of the app. */
async function statusAfter(db: Db, deployment: Deployment): Promise<DeploymentStatus> {
  const waiting = await listJobs(db, { deploymentId: deployment.id, state: 'queued' })
  const isNext = deployment.liveRelease === null && waiting.some((it) => it.kind === 'deploy')
  return isNext ? 'queued' : restingStatus(deployment)
}

const restingStatus = ({ liveRelease, stopped }: Deployment): DeploymentStatus =>
  liveRelease === null ? 'failed' : stopped ? 'stopped' : 'running'

/** Something will not go: says so, and lets the queue try again in a minute. A live app stays `running`. */
async function getStuck(deps: Deps, job: Job, error: unknown, deployment: Deployment): Promise<void> {
  const reason =
    error instanceof StepError ? storedError(error.step, error.cause) : storedError(undefined, toAppError(error))
  deps.log.warn(
    { deployment: job.deploymentId, step: reason.step, code: reason.code },
    `could not undo: ${reason.message}`,
  )
  await requeueJob(deps.db, job.id, new Date(Date.now() + RETRY_MS).toISOString())
  const serves = job.kind === 'undo' && deployment.liveRelease !== null
  await setStatus(deps, job.deploymentId, serves ? restingStatus(deployment) : 'stuck', reason)
}

/** Only a stop of the server aborts it; it goes on after the next start. */
async function remove(deps: Deps, job: Job, signal: AbortSignal): Promise<void> {
  const deployment = await findDeployment(deps.db, job.deploymentId)
  if (!deployment) return
  await setStatus(deps, deployment.id, 'deleting', null)
  await updateDeployment(deps.db, deployment.id, { liveRelease: null })
  try {
    // Volumes go when no container of any release, and none of its jobs, holds them any more.
    for (const until of ['pruned', 'deleted'] as const) {
      for (const release of await listReleases(deps.db, deployment.id)) {
        await revertAll(pipeline, await createContext(deps, deployment.id, release.number, { signal }), until)
      }
    }
    if ((await listPreviews(deps.db, deployment.id)).length > 0) {
      return await requeueJob(deps.db, job.id, new Date(Date.now() + PREVIEWS_MS).toISOString())
    }
    await clearBuildCache(deps, deployment)
    await keepMetadataWall(deps)
    await forget(deps, deployment)
    deps.events.publish({ type: 'deleted', deployment: deployment.id })
  } catch (error) {
    if (signal.aborted) return await requeueJob(deps.db, job.id)
    await getStuck(deps, job, error, deployment)
  }
}

/** Writes the receipt and deletes the rows, in one transaction. SQLite refuses while anything still stands. */
async function forget(deps: Deps, deployment: Deployment): Promise<void> {
  const { id: deploymentId, name, subdomain, githubUrl, createdAt } = deployment
  await deps.db.transaction().execute(async (db) => {
    const entries = (await listLedger(db, deploymentId)).map(
      ({ release, step, kind, name: effect, state, at, error }) => {
        const kept = error === 'kept'
        return {
          release,
          step,
          kind,
          name: effect,
          removedAt: kept ? null : at,
          verified: state === 'removed' && !kept,
          ...(kept && { kept }),
        }
      },
    )
    const receipt: Receipt = { deploymentId, name, subdomain, githubUrl, createdAt, removedAt: now(), entries }
    await insertReceipt(db, receipt)
    await forgetRemoved(db, deploymentId)
    await deleteReleases(db, deploymentId)
    await deleteKeyOfDeployment(db, deploymentId)
    await deleteDeployment(db, deploymentId)
  })
}

/**
 * Stops, starts or restarts the live release. A stop of the server aborts it; it is done again then. One that waits for
 * the app's last visitors is over when something else is asked for: that says how the app is to be.
 */
async function switchApp(
  deps: Deps,
  deploymentId: string,
  kind: 'stop' | 'start' | 'restart',
  signal: AbortSignal,
  whileDraining: WhileDraining,
): Promise<void> {
  const deployment = await findDeployment(deps.db, deploymentId)
  if (!deployment || deployment.liveRelease === null) return
  await updateDeployment(deps.db, deploymentId, { stopped: kind === 'stop' })
  const ctx = await createContext(deps, deploymentId, deployment.liveRelease, { signal })
  const name = containerName(deps.config.instance, ctx.ref)
  try {
    if (kind === 'stop') {
      await deps.nginx.install(vhostOf(ctx, ctx.release, ctx.port))
      if (!(await whileDraining(({ byOther }) => areDrained(deps, byOther)))) return
      await deps.docker.stopContainer(name, stopSecondsOf(ctx.release))
      return await setStatus(deps, deploymentId, 'stopped', null)
    }
    if (kind === 'start') await deps.docker.resumeContainer(name)
    else await deps.docker.restartContainer(name, stopSecondsOf(ctx.release))
    // Also for an app that does not answer: the page that says it is stopped would not be true any more.
    await waitUntilHealthy(ctx).finally(() => deps.nginx.install(vhostOf(ctx, ctx.release, ctx.port)))
    await setStatus(deps, deploymentId, 'running', null)
  } catch (error) {
    if (signal.aborted) return
    await setStatus(deps, deploymentId, 'failed', storedError(kind, toAppError(error)))
  }
}
