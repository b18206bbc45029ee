import { type Deployment, findDeployment } from '../../db/deployments.ts'
import { insertJob } from '../../db/jobs.ts'
import {
  failRunningRuns,
  insertRun,
  listEnabledSchedules,
  noteSkip,
  type Run,
  type Schedule,
  updateRun,
} from '../../db/schedules.ts'
import { now } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { AppError, toAppError } from '../../errors.ts'
import type { RunningSchedule } from '../../running-schedules.ts'
import type { Queue } from '../queue.ts'
import { createAlarm } from './alarm.ts'
import { type Outcome, runSchedule } from './run-schedule.ts'
import { whyNot } from './skip.ts'
import { createSweep } from './sweep.ts'
import { createTurns } from './turns.ts'

export type Scheduler = {
  /** Puts in order what the last run of the server left, and begins to wait for what is due. */
  start(): Promise<void>
  /** Call it after writing a schedule. */
  changed(deploymentId: string): void
  /** Begins a run at once. @throws not_possible_now */
  runNow(schedule: Schedule): Promise<Run>
  /** Ends the run of a schedule, if there is one, and waits until nothing of it is left. */
  end(schedule: Schedule, reason: string): Promise<void>
  /** Ends what runs: without the server nobody would take away what it made. */
  stop(): Promise<void>
}

const INTERRUPTED = 'Slipway was stopped while it ran.'

const keyOf = (scheduleId: string) => scheduleId.slice(0, 8)

/** Runs the jobs of all apps at their times: one run of each at a time, and so many at once as SLIPWAY_JOB_CONCURRENCY says. */
export function createScheduler(deps: Deps, queue: Queue): Scheduler {
  const { config, db, events, log, running } = deps
  const inTurn = createTurns(config.jobConcurrency)
  const stopping = new AbortController()
  const alarm = createAlarm(
    log,
    () => listEnabledSchedules(db),
    (schedule) => void due(schedule).catch((error: unknown) => log.error({ err: error }, 'a job could not be begun')),
  )
  const sweep = createSweep(deps)

  const tell = (deployment: string) => events.publish({ type: 'changed', what: 'schedules', deployment })
  const isRunning = ({ id, deploymentId }: Schedule) =>
    running.find((it) => it.deploymentId === deploymentId && it.key === keyOf(id)) !== undefined

  async function due(schedule: Schedule): Promise<void> {
    const deployment = await findDeployment(db, schedule.deploymentId)
    // Nobody would end a run that is begun after the others were ended.
    if (!deployment || deployment.status === 'deleting' || stopping.signal.aborted) return
    const reason = whyNot(deployment, isRunning(schedule))
    if (reason === undefined) return void (await begin(schedule, deployment))
    await noteSkip(db, schedule.id, deployment.liveRelease ?? 0, reason)
    tell(deployment.id)
  }

  /** Nothing may be waited for between the look whether it runs and this. */
  function begin(schedule: Schedule, { id: deploymentId, liveRelease }: Deployment): Promise<Run> {
    const begun = Promise.withResolvers<Run>()
    const held: RunningSchedule = { deploymentId, release: undefined, key: keyOf(schedule.id) }
    const work = async (signal: AbortSignal) => {
      const run = await insertRun(db, {
        scheduleId: schedule.id,
        release: liveRelease ?? 0,
        state: 'running',
        message: 'Waits for its turn.',
      })
      held.runId = run.id
      begun.resolve(run)
      tell(deploymentId)
      await updateRun(db, run.id, {
        ...(await outcomeOf(schedule, held, signal)),
        endedAt: now(),
        log: held.log?.() ?? '',
      })
    }
    void running
      .hold(held, work)
      .catch((error: unknown) => {
        begun.reject(error)
        log.error({ err: error, schedule: schedule.id }, 'a run could not be written down')
      })
      .finally(() => after(held))
    return begun.promise
  }

  async function outcomeOf(schedule: Schedule, held: RunningSchedule, signal: AbortSignal): Promise<Outcome> {
    try {
      return await inTurn(signal, () => runSchedule(deps, schedule, held, signal, sweep.soon))
    } catch (error) {
      return { state: 'failed', exitCode: null, message: toAppError(error).message }
    }
  }

  /** A release that was replaced meanwhile could not be cleared away as a whole while its job went on. */
  async function after({ deploymentId, release }: RunningSchedule): Promise<void> {
    tell(deploymentId)
    try {
      const deployment = await findDeployment(db, deploymentId)
      const live = deployment?.status === 'deleting' ? null : (deployment?.liveRelease ?? null)
      if (stopping.signal.aborted || release === undefined || live === null || live === release) return
      await insertJob(db, deploymentId, 'undo', live)
      queue.kick()
    } catch (error) {
      log.error({ err: error, deployment: deploymentId }, 'what a job outlasted could not be cleared away')
    }
  }

  return {
    async start() {
      await failRunningRuns(db, INTERRUPTED)
      await sweep.now()
      alarm.look()
    },
    changed(deploymentId) {
      alarm.look()
      tell(deploymentId)
    },
    async runNow(schedule) {
      const deployment = await findDeployment(db, schedule.deploymentId)
      if (!deployment) throw new AppError('not_found', 'There is no such deployment.')
      if (stopping.signal.aborted) throw new AppError('not_possible_now', 'Slipway is stopping. Try again in a minute.')
      const reason = whyNot(deployment, isRunning(schedule))
      if (reason !== undefined) throw new AppError('not_possible_now', reason)
      return begin(schedule, deployment)
    },
    end: ({ id, deploymentId }, reason) =>
      running.end((it) => it.deploymentId === deploymentId && it.key === keyOf(id), new AppError('cancelled', reason)),
    async stop() {
      stopping.abort()
      sweep.stop()
      await alarm.stop()
      await running.end(() => true, new AppError('interrupted', INTERRUPTED))
    },
  }
}
