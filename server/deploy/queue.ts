import { setTimeout as sleep } from 'node:timers/promises'
import { deleteJob, type Job, listJobs, requeueJob, startJob, turnIntoUndo } from '../db/jobs.ts'
import { type Dropped, findRelease, updateRelease } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { runJob, SHUTDOWN } from './lifecycle.ts'
import { readRestored } from './restored.ts'
import type { Hurry } from './retire.ts'

export type Queue = {
  /** Looks for jobs that may start. Call it after writing one. */
  kick(): void
  /** Aborts the running deploy of a deployment, if there is one, and answers whether there was. */
  abort(deploymentId: string, reason: AppError): boolean
  /**
   * Does something to a deployment that no job is running for, and lets none start meanwhile. Undefined, and nothing
   * done, when one runs.
   */
  whileIdle<T>(deploymentId: string, work: () => Promise<T>): Promise<T | undefined>
  /** Whether anything runs at the moment. */
  isBusy(): boolean
  /** Aborts what runs (it goes on after the next start) and starts nothing more. */
  stop(): Promise<void>
}

type Running = {
  kind: Job['kind'] | 'look'
  controller: AbortController
  /** A job that does little but wait for the last requests of what it has replaced. */
  isDraining: boolean
  /** Ends that waiting. */
  hurry: Record<keyof Hurry, AbortController>
  done: Promise<void>
}

const DELETED = new AppError('cancelled', 'The deployment is being deleted.')
const GIVES_WAY = new AppError('cancelled', 'Something else was asked for. What is left of this goes on afterwards.')

/**
 * When a job that ended in an unexpected way is tried again: soon, as a disk that was full for a moment is no reason to
 * let somebody wait, and later each time.
 */
const againMs = ({ attempts }: Job) => Math.min(60_000, 2000 * 4 ** attempts)
const PAUSE_MS = 1000

/** Jobs are put off for a minute at most: what has longer to wait was put off before the clock was set back. */
const LONGEST_WAIT_MS = 2 * 60_000

/** How many milliseconds a job is not to run yet. */
function waitOf({ runAfter }: Job): number {
  const ms = runAfter === null ? 0 : Date.parse(runAfter) - Date.now()
  return ms > LONGEST_WAIT_MS ? 0 : Math.max(0, ms)
}

/** A deploy starts its app: a stop that was asked for after it would be undone if it came first. */
const isSwitch = ({ kind }: Job) => kind === 'stop' || kind === 'start' || kind === 'restart'

/**
 * Runs the jobs of the database: one per deployment at a time, and so many deploys at once as SLIPWAY_BUILD_CONCURRENCY
 * says. What was asked of an app is done in the order it was asked for; a delete, and the clean-up of what failed, wait
 * for no deploy that has not begun.
 */
export function createQueue(deps: Deps): Queue {
  const running = new Map<string, Running>()
  let stopped = false
  let pumping: Promise<void> | undefined
  let again = false
  let alarm: NodeJS.Timeout | undefined

  function kick() {
    if (stopped) return
    if (pumping) {
      again = true
      return
    }
    pumping = pump()
      .catch((error: unknown) => deps.log.error({ err: error }, 'the queue could not be read'))
      .finally(() => {
        pumping = undefined
        if (again) {
          again = false
          kick()
        }
      })
  }

  async function pump() {
    const isHeld = await holdsRemovals(deps)
    const jobs = (await listJobs(deps.db, { state: 'queued' })).filter((job) => !isHeld(job))
    wakeFor(jobs)
    const toDeploy = new Set<string>()
    for (const job of jobs) {
      if (isSwitch(job) && toDeploy.has(job.deploymentId)) continue
      if (job.kind === 'deploy') toDeploy.add(job.deploymentId)
      if (stopped || waitOf(job) > 0) continue
      const ahead = running.get(job.deploymentId)
      if (ahead) {
        await giveWay(ahead, job)
        continue
      }
      const deploys = [...running.values()].filter((it) => it.kind === 'deploy' && !it.isDraining).length
      if (job.kind !== 'deploy' || deploys < deps.config.buildConcurrency) launch(job)
    }
  }

  /** The next job that waits for its time; the reconciler looks every minute at the latest. */
  function wakeFor(jobs: Job[]) {
    clearTimeout(alarm)
    const waits = jobs.map(waitOf).filter((ms) => ms > 0)
    if (waits.length > 0 && !stopped) alarm = setTimeout(kick, Math.min(...waits) + 1).unref()
  }

  async function giveWay(ahead: Running, job: Job) {
    if (ahead.kind === 'deploy' && job.kind === 'remove') ahead.controller.abort(DELETED)
    if (!ahead.isDraining) return supersede(job)
    // An undo takes up the same releases.
    const isDeploy = job.kind === 'deploy' || job.kind === 'undo'
    ahead.hurry[isDeploy ? 'byDeploy' : 'byOther'].abort(GIVES_WAY)
  }

  /** A newer push takes the place of a deploy that is still on its way. What a user asked for waits its turn. */
  async function supersede(job: Job) {
    if (job.kind !== 'deploy' || running.get(job.deploymentId)?.kind !== 'deploy') return
    const release = await findRelease(deps.db, job.deploymentId, job.release ?? 0)
    if (release === undefined || release.cause.kind === 'user') return
    const reason = new AppError('superseded', `Release ${release.number}, which is newer, took its place.`)
    running.get(job.deploymentId)?.controller.abort(reason)
  }

  function launch(job: Job) {
    void occupy(job.deploymentId, job.kind, async (own) => {
      try {
        const attempt = { ...job, attempts: job.attempts + 1 }
        // One that was dropped since it was listed is not there to be started, or is an undo by now.
        if (await startJob(deps.db, job))
          await runJob(deps, attempt, own.controller.signal, (work) => whileDraining(own, work))
      } catch (error) {
        deps.log.error({ err: error, deployment: job.deploymentId, job: job.kind }, 'a job ended in an unexpected way')
        await putOff(job)
      }
    })
  }

  /** Others may build meanwhile, and who waits for this deployment is let through. */
  async function whileDraining<T>(own: Running, work: (hurry: Hurry) => Promise<T>): Promise<T> {
    own.isDraining = true
    if (stopped) own.hurry.byOther.abort(SHUTDOWN)
    kick()
    const { byDeploy, byOther } = own.hurry
    return await work({ byDeploy: byDeploy.signal, byOther: byOther.signal }).finally(() => {
      own.isDraining = false
      // What was let through may also take the place of what goes on beside the waiting.
      kick()
    })
  }

  /** Where not even that can be written (a full disk), the deployment stays held until it can: a job that is lost would never end. */
  async function putOff(job: Job) {
    while (!stopped) {
      try {
        return await requeueJob(deps.db, job.id, new Date(Date.now() + againMs(job)).toISOString())
      } catch (error) {
        deps.log.error({ err: error, deployment: job.deploymentId }, 'a job could not be put off')
        await sleep(PAUSE_MS)
      }
    }
  }

  /** Holds the deployment from this very moment on, so that nothing else starts on it. */
  async function occupy<T>(
    deploymentId: string,
    kind: Running['kind'],
    work: (own: Running) => Promise<T>,
  ): Promise<T> {
    const over = Promise.withResolvers<void>()
    const hurry = { byDeploy: new AbortController(), byOther: new AbortController() }
    const own = { kind, controller: new AbortController(), isDraining: false, hurry, done: over.promise }
    running.set(deploymentId, own)
    try {
      return await work(own)
    } finally {
      running.delete(deploymentId)
      over.resolve()
      kick()
    }
  }

  return {
    kick,
    abort(deploymentId, reason) {
      const found = running.get(deploymentId)
      if (found?.kind !== 'deploy') return false
      found.controller.abort(reason)
      return true
    },
    whileIdle: async (deploymentId, work) =>
      stopped || running.has(deploymentId) ? undefined : occupy(deploymentId, 'look', work),
    isBusy: () => running.size > 0,
    async stop() {
      stopped = true
      clearTimeout(alarm)
      for (const { controller, hurry } of running.values()) {
        controller.abort(SHUTDOWN)
        hurry.byOther.abort(SHUTDOWN)
      }
      // A look at the jobs is waited for, too: the database is closed next.
      await Promise.all([pumping, ...[...running.values()].map((it) => it.done)])
    },
  }
}

/** A machine that was restored removes no app until its owner has said that all is there. */
async function holdsRemovals({ db }: Deps): Promise<(job: Job) => boolean> {
  const isRestored = (await readRestored(db)) !== undefined
  return ({ kind }) => isRestored && kind === 'remove'
}

/**
 * Takes the waiting deploys of a deployment out of the queue: a newer one, or a delete, replaces them. One that had begun
 * before the server stopped is undone.
 */
export async function dropQueuedDeploys(
  db: Parameters<typeof listJobs>[0],
  deploymentId: string,
  dropped: Dropped,
): Promise<number> {
  const jobs = (await listJobs(db, { deploymentId, state: 'queued' })).filter((job) => job.kind === 'deploy')
  for (const job of jobs) {
    const begun = job.attempts > 0
    if (begun) await turnIntoUndo(db, job.id)
    else await deleteJob(db, job.id)
    await updateRelease(
      db,
      { deploymentId, number: job.release ?? 0 },
      { status: begun ? 'undoing' : 'failed', dropped },
    )
  }
  return jobs.length
}
