import { nextTimes, problemOfCron, problemOfTimeZone } from '../../cron.ts'
import {
  deleteSchedule,
  findRun,
  findSchedule,
  insertSchedule,
  listRuns,
  listSchedules,
  type Run,
  type Schedule,
  type ScheduleWishes,
  updateSchedule,
} from '../../db/schedules.ts'
import type { Db } from '../../db/schema.ts'
import type { Scheduler } from '../../deploy/schedules/scheduler.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { MOST_SCHEDULES } from '../../limits.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { IdParams, RunParams, ScheduleChange, ScheduleInput, ScheduleParams } from '../schemas.ts'
import { Type } from '../type.ts'
import { RunLogView, RunView, ScheduleView } from '../views.ts'
import { deploymentOf } from './deployments.ts'

const HOUR = 3600
const One = Type.Object({ schedule: ScheduleView })
const AT = '/api/deployments/:id/schedules'

/** The scheduled jobs of an app, and their runs. */
export function scheduleRoutes(app: App, deps: Deps, scheduler: Scheduler): void {
  app.get(
    AT,
    {
      schema: {
        summary: 'Its scheduled jobs, each with its next times and its last run',
        params: IdParams,
        response: { 200: Type.Object({ schedules: Type.Array(ScheduleView) }) },
      },
    },
    async (request) => {
      const { id } = await deploymentOf(deps, request.params.id)
      const all = await listSchedules(deps.db, id)
      return { schedules: await Promise.all(all.map((it) => present(deps, it))) }
    },
  )

  app.post(
    AT,
    {
      schema: {
        summary: 'Run a command of the app at certain times',
        params: IdParams,
        body: ScheduleInput,
        response: { 201: One },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const wishes = await checkWishes({ timeZone: 'UTC', timeoutSeconds: HOUR, isEnabled: true, ...request.body })
      const schedule = await deps.db.transaction().execute(async (db) => {
        const { previewOf } = await openDeployment({ db }, id)
        if (previewOf !== null) throw new AppError('not_possible_now', 'A preview runs no jobs: make it for its app.')
        await refuseName(db, id, wishes.name)
        return insertSchedule(db, id, wishes)
      })
      scheduler.changed(id)
      const { name, cron } = schedule
      await noteVisitor(deps, request, 'schedule.create', { target: id, detail: { name, cron } })
      return reply.status(201).send({ schedule: await present(deps, schedule) })
    },
  )

  app.patch(
    `${AT}/:scheduleId`,
    {
      schema: {
        summary: 'Change a scheduled job; a run that goes on is not touched',
        params: ScheduleParams,
        body: ScheduleChange,
        response: { 200: One },
      },
    },
    async (request) => {
      const { id } = request.params
      const before = await deps.db.transaction().execute(async (db) => {
        await openDeployment({ db }, id)
        const before = await scheduleOf({ db }, request.params)
        const wishes = await checkWishes({ ...before, ...request.body })
        await refuseName(db, id, wishes.name, before.id)
        await updateSchedule(db, before.id, wishes)
        return before
      })
      scheduler.changed(id)
      await noteVisitor(deps, request, 'schedule.change', { target: id, detail: changed(before, request.body) })
      return { schedule: await present(deps, await scheduleOf(deps, request.params)) }
    },
  )

  app.delete(
    `${AT}/:scheduleId`,
    { schema: { summary: 'Delete a scheduled job with its runs; one that goes on is ended', params: ScheduleParams } },
    async (request, reply) => {
      const schedule = await scheduleOf(deps, request.params)
      await updateSchedule(deps.db, schedule.id, { ...schedule, isEnabled: false })
      const reason = 'The job was deleted while it ran.'
      await scheduler.end(schedule, reason)
      await deleteSchedule(deps.db, schedule.id)
      // It may have been due in between.
      await scheduler.end(schedule, reason)
      scheduler.changed(schedule.deploymentId)
      const { deploymentId: target, name } = schedule
      await noteVisitor(deps, request, 'schedule.delete', { target, detail: { name } })
      return reply.status(204).send()
    },
  )

  app.post(
    `${AT}/:scheduleId/run`,
    {
      schema: {
        summary: 'Run a scheduled job now',
        params: ScheduleParams,
        response: { 202: Type.Object({ run: RunView }) },
      },
    },
    async (request, reply) => {
      const schedule = await scheduleOf(deps, request.params)
      const run = await scheduler.runNow(schedule)
      const { deploymentId: target, name } = schedule
      await noteVisitor(deps, request, 'schedule.run', { target, detail: { name } })
      return reply.status(202).send({ run: presentRun(run) })
    },
  )

  app.get(
    `${AT}/:scheduleId/runs`,
    {
      schema: {
        summary: 'Its last 50 runs, newest first',
        params: ScheduleParams,
        response: { 200: Type.Object({ runs: Type.Array(RunView) }) },
      },
    },
    async (request) => {
      const { id } = await scheduleOf(deps, request.params)
      return { runs: (await listRuns(deps.db, id)).map(presentRun) }
    },
  )

  app.get(
    `${AT}/:scheduleId/runs/:runId`,
    { schema: { summary: 'A run with what it printed', params: RunParams, response: { 200: RunLogView } } },
    async (request): Promise<RunLogView> => {
      const schedule = await scheduleOf(deps, request.params)
      const { runId } = request.params
      // Asked first: a run that ends in between has its log in the table then.
      const printed = deps.running.find((it) => it.runId === runId)?.log?.()
      const run = await findRun(deps.db, schedule.id, runId)
      if (!run) throw new AppError('not_found', 'There is no such run: only the last 50 are kept.')
      return { run: presentRun(run), log: printed ?? run.log }
    },
  )
}

/** @throws not_found, not_possible_now */
async function openDeployment(deps: { db: Db }, id: string) {
  const deployment = await deploymentOf(deps, id)
  if (deployment.status === 'deleting') throw new AppError('not_possible_now', 'This deployment is being deleted.')
  return deployment
}

/** @throws not_found */
async function scheduleOf(deps: { db: Db }, { id, scheduleId }: { id: string; scheduleId: string }): Promise<Schedule> {
  await deploymentOf(deps, id)
  const schedule = await findSchedule(deps.db, id, scheduleId)
  if (!schedule) throw new AppError('not_found', 'There is no such scheduled job: it was deleted.')
  return schedule
}

/** @throws invalid_input that says what is wrong with the line or the zone */
async function checkWishes(wishes: ScheduleWishes): Promise<ScheduleWishes> {
  const { name, command, timeoutSeconds, isEnabled } = wishes
  const [cron, timeZone] = [wishes.cron.trim(), wishes.timeZone]
  const ofCron = await problemOfCron(cron)
  if (ofCron !== undefined) throw new AppError('invalid_input', ofCron, { field: 'cron' })
  const ofZone = problemOfTimeZone(timeZone)
  if (ofZone !== undefined) throw new AppError('invalid_input', ofZone, { field: 'timeZone' })
  return { name, cron, timeZone, command, timeoutSeconds, isEnabled }
}

/** @throws name_in_use, not_possible_now */
async function refuseName(trx: Db, deploymentId: string, name: string, except?: string): Promise<void> {
  const others = (await listSchedules(trx, deploymentId)).filter((it) => it.id !== except)
  if (others.some((it) => it.name === name)) {
    throw new AppError('name_in_use', `This app has a job named ${name}. Choose another name.`, { field: 'name' })
  }
  if (others.length >= MOST_SCHEDULES)
    throw new AppError('not_possible_now', `An app has at most ${MOST_SCHEDULES} jobs. Delete one that is not needed.`)
}

/** For the audit log: a command may hold what is nobody's business. */
const changed = ({ name }: Schedule, { command, ...rest }: ScheduleChange) => ({
  name,
  ...rest,
  ...(command !== undefined && { command: 'changed' }),
})

const presentRun = ({ scheduleId: _, ...run }: Run): RunView => run

async function present(deps: Deps, { deploymentId: _, ...schedule }: Schedule): Promise<ScheduleView> {
  const [lastRun] = await listRuns(deps.db, schedule.id, 1)
  return {
    ...schedule,
    next: schedule.isEnabled ? await timesOf(deps, schedule) : [],
    lastRun: lastRun ? presentRun(lastRun) : null,
  }
}

/** None for one whose zone this machine does not know any more. */
async function timesOf({ log }: Deps, { id, cron, timeZone }: Pick<Schedule, 'id' | 'cron' | 'timeZone'>) {
  try {
    return await nextTimes(cron, timeZone, 3)
  } catch (error) {
    log.warn({ err: error, schedule: id }, 'a schedule cannot be read')
    return []
  }
}
