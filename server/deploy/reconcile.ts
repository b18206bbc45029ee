import type { ContainerState } from '../adapters/docker.ts'
import type { ContainerEvent } from '../adapters/docker-events.ts'
import { type Deployment, findDeployment, listDeployments } from '../db/deployments.ts'
import { insertJob, listJobs } from '../db/jobs.ts'
import { type LedgerEntry, listLedger } from '../db/ledger.ts'
import { listReleases } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'
import { containerName, isCommandContainer } from '../names.ts'
import { createContext, type StepContext } from './context.ts'
import { NO_ROUND, type Round } from './hearing.ts'
import { keepMetadataWall } from './metadata-wall.ts'
import { pipeline } from './pipeline.ts'
import type { Queue } from './queue.ts'
import { startAgain } from './start-again.ts'
import { setStatus } from './status.ts'
import { stopSecondsOf } from './stop-seconds.ts'

export type Change = {
  deploymentId: string
  step: string
  kind: string
  name: string
  what: 'put back' | 'started again' | 'could not be put back' | 'status' | 'retry' | 'put aside'
  detail?: string
}

/**
 * Compares what runs with what should run and mends the difference: a vhost, route, record, network or container that is
 * missing is put back; a container that died, restarts or ran out of memory shows in the status. Deployments with a job
 * are left alone. Answers what was changed; a second run changes nothing.
 */
export async function reconcile(deps: Deps, queue: Queue, round: Round): Promise<Change[]> {
  const changes: Change[] = []
  const tryOr = async <T>(what: string, work: Promise<T>, otherwise: T): Promise<T> =>
    work.catch((error: unknown) => {
      deps.log.error({ err: error }, `the reconciler could not look at ${what}`)
      return otherwise
    })
  await tryOr('the metadata service', keepMetadataWall(deps), undefined)
  for (const bad of await tryOr('nginx', deps.nginx.checkAll(), [])) {
    changes.push({
      deploymentId: bad.deploymentId ?? '',
      step: 'publish-vhost',
      kind: 'vhost',
      name: bad.file,
      what: 'put aside',
      detail: bad.reason,
    })
  }
  const onePass = { ...deps, cloudflare: deps.cloudflare?.forOnePass() }
  for (const deployment of await listDeployments(deps.db)) {
    const look = queue.whileIdle(deployment.id, () => reconcileOne(onePass, deployment.id, round))
    changes.push(...((await tryOr(deployment.name, look, [])) ?? []))
  }
  await tryOr('the build cache', deps.docker.keepBuildCacheWithin(deps.config.buildCacheMb * 2 ** 20), undefined)
  for (const change of changes) deps.log.warn(change, `reconciler: ${change.kind} ${change.name} ${change.what}`)
  queue.kick()
  return changes
}

/** The same for one deployment, which no job may run for. What the outside refuses is in the answer, not thrown. */
async function reconcileOne(deps: Deps, id: string, round: Round): Promise<Change[]> {
  const deployment = await findDeployment(deps.db, id)
  if (!deployment || deployment.liveRelease === null || deployment.status === 'deleting') return []
  if ((await listJobs(deps.db, { deploymentId: id })).length > 0) return []
  const ctx = await createContext(deps, id, deployment.liveRelease)
  const changes = await putBack(ctx)
  changes.push(...(await startAgain(ctx, round)))
  changes.push(...(await settleStatus(ctx, deployment)))
  changes.push(...(await retireAgain(deps, deployment)))
  return changes
}

/** The effects of the live release that are on the ledger but not there, lowest step first. */
export async function findDrift(ctx: StepContext): Promise<LedgerEntry[]> {
  const entries = (await listLedger(ctx.db, ctx.deployment.id)).filter(
    (it) => it.release === ctx.release.number && it.state === 'present',
  )
  const missing: LedgerEntry[] = []
  for (const step of pipeline) {
    for (const entry of entries.filter((it) => it.step === step.name)) {
      if (!(await step.inspect(ctx, entry))) missing.push(entry)
    }
  }
  return missing
}

async function putBack(ctx: StepContext): Promise<Change[]> {
  const changes: Change[] = []
  try {
    // A missing image is for the doctor to tell: only a deploy can build it again.
    const drift = (await findDrift(ctx)).filter((it) => it.step !== 'build-image')
    for (const { step: name, kind, name: effect } of drift) {
      const base = { deploymentId: ctx.deployment.id, step: name, kind, name: effect }
      try {
        await makeAnew(ctx, name)
        changes.push({ ...base, what: 'put back' })
        ctx.events.publish({ type: 'repaired', deployment: ctx.deployment.id, step: name, kind, name: effect })
      } catch (error) {
        changes.push({ ...base, what: 'could not be put back', detail: toAppError(error).message })
      }
    }
  } catch (error) {
    ctx.log.warn({ err: error, deployment: ctx.deployment.id }, 'could not look at the effects of a deployment')
  }
  return changes
}

/**
 * Makes the effect of a step of the live release anew, and what cannot do without it: a container has to be in the new
 * network, and the vhost has to lead to the new container. A stopped app stays stopped.
 */
export async function makeAnew(ctx: StepContext, name: string): Promise<void> {
  const apply = async (step: string) => pipeline.find((it) => it.name === step)?.apply(ctx)
  await apply(name)
  if (name === 'create-network') await apply('start-container')
  if (name !== 'create-network' && name !== 'start-container') return
  if (ctx.deployment.stopped)
    await ctx.docker.stopContainer(containerName(ctx.config.instance, ctx.ref), stopSecondsOf(ctx.release))
  await apply('publish-vhost')
}

async function settleStatus(ctx: StepContext, deployment: Deployment): Promise<Change[]> {
  const name = containerName(ctx.config.instance, ctx.ref)
  const wanted = await judge(ctx, deployment, name)
  if (wanted === undefined || (wanted.status === deployment.status && wanted.error?.code === deployment.error?.code))
    return []
  await setStatus(ctx, deployment.id, wanted.status, wanted.error)
  return [
    {
      deploymentId: deployment.id,
      step: 'start-container',
      kind: 'container',
      name,
      what: 'status',
      detail: wanted.status,
    },
  ]
}

/** By somebody at the machine, who may have a reason: it is told, not undone. A backup lets go of what it has paused itself. */
const PAUSED = {
  code: 'app_paused',
  message: 'The app is paused at the engine, so it does not answer. Restart it to let it go on.',
} as const

const COULD_NOT_START = {
  code: 'engine_failed',
  message: 'The engine could not start the app again; `docker inspect` says why. It is tried again every minute.',
} as const

type Judgement = { status: 'running' | 'stopped' | 'failed'; error: Deployment['error'] }

/** The status that follows from the container; undefined when the engine cannot be asked or it is not for us to say. */
async function judge(ctx: StepContext, deployment: Deployment, name: string): Promise<Judgement | undefined> {
  if (deployment.stopped) return undefined
  const state = await ctx.docker.inspectContainer(name).catch((error: unknown) => {
    ctx.log.warn({ err: error, deployment: deployment.id }, 'could not look at a container')
    return 'unknown' as const
  })
  if (state === 'unknown') return undefined
  if (state === undefined) {
    const message = 'The container is gone and could not be put back, because its image is gone, too. Deploy again.'
    return { status: 'failed', error: { step: 'run', code: 'image_gone', message } }
  }
  if (state.status === 'running') return runsAgain(state, deployment)
  if (state.status === 'paused') return { status: 'failed', error: { step: 'run', ...PAUSED } }
  if (state.couldNotStart) return { status: 'failed', error: { step: 'run', ...COULD_NOT_START } }
  const code = state.outOfMemory && state.exitCode === 137 ? 'app_out_of_memory' : 'app_exited'
  const message =
    code === 'app_out_of_memory'
      ? 'The app was killed because it used more memory than it may. Raise its memory limit, or make it need less.'
      : `The app exited with code ${state.exitCode}${state.status === 'restarting' ? ' and is being restarted again and again' : ''}. Look at its log.`
  return { status: 'failed', error: { step: 'run', code, message } }
}

/** After so many restarts an app has to run for a while until it counts as running, or a crash loop would flicker. */
const RESTARTS_UNTIL_DEAD = 3
/** After this time the engine, too, starts to count anew (moby, restartmanager). */
const CALM_MS = 10_000

/** What was wrong with the container is over; that it ran out of memory is left to be read until the next start. */
function runsAgain(state: ContainerState, { status, error }: Deployment): Judgement | undefined {
  const isCalm = state.restarts < RESTARTS_UNTIL_DEAD || Date.now() - Date.parse(state.startedAt) > CALM_MS
  if (status === 'failed' && !isCalm) return undefined
  const isOver = (error?.step === 'run' || status !== 'running') && error?.code !== 'app_out_of_memory'
  return { status: 'running', error: isOver ? null : error }
}

/** Releases that should have been taken down but are still half there get a job of their own. */
async function retireAgain(deps: Deps, deployment: Deployment): Promise<Change[]> {
  const left = (await listReleases(deps.db, deployment.id)).filter((it) => it.status === 'retiring')
  if (left.length === 0 || deployment.liveRelease === null) return []
  await insertJob(deps.db, deployment.id, 'undo', deployment.liveRelease)
  return left.map((it) => ({
    deploymentId: deployment.id,
    step: 'retire-previous',
    kind: 'release',
    name: String(it.number),
    what: 'retry' as const,
  }))
}

/** Notes an event of the engine at once instead of at the next round. */
export async function onContainerEvent(deps: Deps, queue: Queue, event: ContainerEvent): Promise<void> {
  const { action, name, deploymentId } = event
  if (isCommandContainer(name)) return
  await queue.whileIdle(deploymentId, async () => {
    if (action === 'oom') return noteOutOfMemory(deps, deploymentId)
    if (action === 'destroy') return void (await reconcileOne(deps, deploymentId, NO_ROUND))
    const deployment = await findDeployment(deps.db, deploymentId)
    if (!deployment || deployment.liveRelease === null || deployment.status === 'deleting') return
    await settleStatus(await createContext(deps, deploymentId, deployment.liveRelease), deployment)
  })
}

async function noteOutOfMemory(deps: Deps, deploymentId: string): Promise<void> {
  const deployment = await findDeployment(deps.db, deploymentId)
  if (!deployment || deployment.liveRelease === null) return
  const message = 'The app ran out of memory and was restarted. Raise its memory limit, or make it need less.'
  await setStatus(deps, deploymentId, deployment.status, { step: 'run', code: 'app_out_of_memory', message })
}
