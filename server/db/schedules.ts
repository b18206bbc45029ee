import { randomUUID } from 'node:crypto'
import type { RunState } from '../states.ts'
import { type Db, now, type Row } from './schema.ts'

/** A command that runs in the app's image at its times. */
export type Schedule = {
  id: string
  deploymentId: string
  name: string
  cron: string
  timeZone: string
  command: string
  timeoutSeconds: number
  isEnabled: boolean
  createdAt: string
  updatedAt: string
}
export type ScheduleWishes = Omit<Schedule, 'id' | 'deploymentId' | 'createdAt' | 'updatedAt'>

/** One time that it was due. A skipped one has not run, for the reason in `message`. */
export type Run = {
  id: number
  scheduleId: string
  release: number
  startedAt: string
  endedAt: string | null
  state: RunState
  exitCode: number | null
  message: string | null
}

/** So many runs of a schedule stay. */
export const RUNS_KEPT = 50

const fromRow = (row: Row<'schedules'>): Schedule => ({
  id: row.id,
  deploymentId: row.deployment_id,
  name: row.name,
  cron: row.cron,
  timeZone: row.time_zone,
  command: row.command,
  timeoutSeconds: row.timeout_seconds,
  isEnabled: row.is_enabled === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toRow = ({ name, cron, timeZone, command, timeoutSeconds, isEnabled }: ScheduleWishes) => ({
  name,
  cron,
  time_zone: timeZone,
  command,
  timeout_seconds: timeoutSeconds,
  is_enabled: Number(isEnabled),
  updated_at: now(),
})

export async function insertSchedule(db: Db, deploymentId: string, wishes: ScheduleWishes): Promise<Schedule> {
  const row = await db
    .insertInto('schedules')
    .values({ id: randomUUID(), deployment_id: deploymentId, created_at: now(), ...toRow(wishes) })
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

export async function updateSchedule(db: Db, id: string, wishes: ScheduleWishes): Promise<void> {
  await db.updateTable('schedules').set(toRow(wishes)).where('id', '=', id).execute()
}

export async function deleteSchedule(db: Db, id: string): Promise<void> {
  await db.deleteFrom('schedules').where('id', '=', id).execute()
}

export async function findSchedule(db: Db, deploymentId: string, id: string): Promise<Schedule | undefined> {
  const row = await db
    .selectFrom('schedules')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Of one app, in the order of their names. */
export async function listSchedules(db: Db, deploymentId: string): Promise<Schedule[]> {
  const rows = await db
    .selectFrom('schedules')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .orderBy('name')
    .orderBy('id')
    .execute()
  return rows.map(fromRow)
}

/** Of all apps, those that are switched on. */
export async function listEnabledSchedules(db: Db): Promise<Schedule[]> {
  const rows = await db.selectFrom('schedules').selectAll().where('is_enabled', '=', 1).execute()
  return rows.map(fromRow)
}

const RUN = ['id', 'schedule_id', 'release', 'started_at', 'ended_at', 'state', 'exit_code', 'message'] as const

const toRun = (row: Omit<Row<'schedule_runs'>, 'log'>): Run => ({
  id: row.id,
  scheduleId: row.schedule_id,
  release: row.release,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  state: row.state,
  exitCode: row.exit_code,
  message: row.message,
})

export async function insertRun(
  db: Db,
  run: Pick<Run, 'scheduleId' | 'release' | 'state' | 'message'> & { endedAt?: string },
): Promise<Run> {
  const row = await db
    .insertInto('schedule_runs')
    .values({
      schedule_id: run.scheduleId,
      release: run.release,
      started_at: now(),
      ended_at: run.endedAt ?? null,
      state: run.state,
      message: run.message,
    })
    .returning(RUN)
    .executeTakeFirstOrThrow()
  await forgetOldRuns(db, run.scheduleId)
  return toRun(row)
}

async function forgetOldRuns(db: Db, scheduleId: string): Promise<void> {
  await db
    .deleteFrom('schedule_runs')
    .where('schedule_id', '=', scheduleId)
    .where('id', 'not in', (eb) =>
      eb
        .selectFrom('schedule_runs')
        .select('id')
        .where('schedule_id', '=', scheduleId)
        .orderBy('id', 'desc')
        .limit(RUNS_KEPT),
    )
    .execute()
}

type RunChanges = Partial<Pick<Run, 'release' | 'startedAt' | 'endedAt' | 'state' | 'exitCode' | 'message'>> & {
  log?: string
}

export async function updateRun(db: Db, id: number, changes: RunChanges): Promise<void> {
  const { startedAt, endedAt, exitCode, ...same } = changes
  await db
    .updateTable('schedule_runs')
    .set({
      ...same,
      ...(startedAt !== undefined && { started_at: startedAt }),
      ...(endedAt !== undefined && { ended_at: endedAt }),
      ...(exitCode !== undefined && { exit_code: exitCode }),
    })
    .where('id', '=', id)
    .execute()
}

/** Newest first, without their logs. */
export async function listRuns(db: Db, scheduleId: string, limit = RUNS_KEPT): Promise<Run[]> {
  const rows = await db
    .selectFrom('schedule_runs')
    .select(RUN)
    .where('schedule_id', '=', scheduleId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRun)
}

export async function findRun(db: Db, scheduleId: string, id: number): Promise<(Run & { log: string }) | undefined> {
  const row = await db
    .selectFrom('schedule_runs')
    .selectAll()
    .where('schedule_id', '=', scheduleId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { ...toRun(row), log: row.log }
}

/** Notes that it was due and did not run. The same reason again is no news: a stopped app would fill the list with it. */
export async function noteSkip(db: Db, scheduleId: string, release: number, message: string): Promise<void> {
  const endedAt = now()
  const [last] = await listRuns(db, scheduleId, 1)
  if (last?.state === 'skipped' && last.message === message) await updateRun(db, last.id, { endedAt })
  else await insertRun(db, { scheduleId, release, state: 'skipped', message, endedAt })
}

/** What a server that is gone has left running. */
export async function failRunningRuns(db: Db, message: string): Promise<void> {
  await db
    .updateTable('schedule_runs')
    .set({ state: 'failed', ended_at: now(), message })
    .where('state', '=', 'running')
    .execute()
}
