import { findDeployment } from '../../db/deployments.ts'
import { recordEffects } from '../../db/ledger.ts'
import { findRelease } from '../../db/releases.ts'
import { type Run, type Schedule, updateRun } from '../../db/schedules.ts'
import { now } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { toAppError } from '../../errors.ts'
import { createMask } from '../../mask.ts'
import { jobContainerName } from '../../names.ts'
import type { RunningSchedule } from '../../running-schedules.ts'
import { untilLetGo } from '../backups/hold.ts'
import { createContext, refOf, type StepContext, secretsOf } from '../context.ts'
import { ensureNetwork } from '../steps/create-network.ts'
import { specOf } from '../steps/start-container.ts'
import { effectsOf, JOB_STEP, type JobContainer, takeAwayJob } from './job-container.ts'
import { createRunLog } from './run-log.ts'
import { whyNot } from './skip.ts'

/** How a run ended. */
export type Outcome = Pick<Run, 'state' | 'exitCode' | 'message'>

const failed = (message: string): Outcome => ({ state: 'failed', exitCode: null, message })

/**
 * Runs a job once, in a container of the live release's image with its variables, volumes and limits, and takes the
 * container away. On the ledger before anything is made. What the job or the engine does is in the answer, not thrown;
 * `onLeft` is called when something could not be taken away: its entry on the ledger stays.
 */
export async function runSchedule(
  deps: Deps,
  schedule: Schedule,
  held: RunningSchedule,
  signal: AbortSignal,
  onLeft: () => void,
): Promise<Outcome> {
  await untilLetGo(deps, schedule.deploymentId, signal)
  const job = await claim(deps, schedule, held)
  if ('state' in job) return job
  deps.events.publish({ type: 'changed', what: 'schedules', deployment: job.deploymentId })
  const outcome = await runToEnd(deps, schedule, job, held, signal)
  try {
    await takeAwayJob(deps, job)
  } catch (error) {
    deps.log.warn({ err: error, container: job.name }, 'the container of a job could not be removed yet')
    onLeft()
  }
  return outcome
}

/** In one transaction with the look at the app: a delete either sees the entry, or comes first and is seen here. */
async function claim(deps: Deps, schedule: Schedule, held: RunningSchedule): Promise<JobContainer | Outcome> {
  const { deploymentId } = schedule
  return deps.db.transaction().execute(async (db) => {
    const deployment = await findDeployment(db, deploymentId)
    const release = deployment && (await findRelease(db, deploymentId, deployment.liveRelease ?? 0))
    const reason = deployment ? whyNot(deployment, false) : 'The app was deleted.'
    if (reason !== undefined || !release) return { state: 'skipped', exitCode: null, message: reason ?? null }
    const job = {
      deploymentId,
      release: release.number,
      name: jobContainerName(deps.config.instance, refOf(release), schedule.id),
    }
    await recordEffects(db, { ...job, step: JOB_STEP }, effectsOf(job.name), 'pending')
    if (held.runId) await updateRun(db, held.runId, { release: job.release, startedAt: now(), message: null })
    held.release = job.release
    return job
  })
}

async function runToEnd(
  deps: Deps,
  schedule: Schedule,
  { deploymentId, release, name }: JobContainer,
  held: RunningSchedule,
  signal: AbortSignal,
): Promise<Outcome> {
  const limit = AbortSignal.timeout(schedule.timeoutSeconds * 1000)
  try {
    const ctx = await createContext(deps, deploymentId, release)
    const log = createRunLog(createMask(secretsOf(ctx.env)))
    held.log = log.text
    signal.throwIfAborted()
    await ensureNetwork(ctx, name)
    const spec = { ...specOf(ctx, name, schedule.command), network: name }
    const code = await deps.docker.runContainer(spec, ({ text }) => log.add(text), AbortSignal.any([signal, limit]))
    return code === 0 ? { state: 'succeeded', exitCode: 0, message: null } : await explainCode(ctx, name, code)
  } catch (error) {
    if (signal.aborted) return failed(toAppError(signal.reason).message)
    if (limit.aborted) return failed(`It did not end within ${schedule.timeoutSeconds} s, so it was ended.`)
    deps.log.warn({ err: error, deployment: deploymentId, schedule: schedule.id }, 'a scheduled job could not be run')
    return failed(toAppError(error).message)
  }
}

async function explainCode({ docker, release, config }: StepContext, name: string, code: number): Promise<Outcome> {
  const isOutOfMemory = code === 137 && (await docker.inspectContainer(name))?.outOfMemory
  const most = release.recipe?.settings.memoryMb ?? config.appMemoryMb
  const message = isOutOfMemory
    ? `It was killed because it used more memory than the app may: ${most} MiB.`
    : `It ended with exit code ${code}.`
  return { state: 'failed', exitCode: code, message }
}
