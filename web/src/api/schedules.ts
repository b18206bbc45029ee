import type { ScheduleChange, ScheduleInput } from '../../../server/http/schemas.ts'
import type { RunLogView, RunView, ScheduleView } from '../../../server/http/views.ts'
import { request } from './client.ts'

type Signal = AbortSignal | undefined
type One = { schedule: ScheduleView }

const at = (id: string, schedule?: string, rest = '') =>
  `/api/deployments/${encodeURIComponent(id)}/schedules${schedule === undefined ? '' : `/${encodeURIComponent(schedule)}`}${rest}`

export const listSchedules = (id: string, signal?: Signal) =>
  request<{ schedules: ScheduleView[] }>('GET', at(id), { signal }).then((it) => it.schedules)
export const createSchedule = (id: string, body: ScheduleInput) =>
  request<One>('POST', at(id), { body }).then((it) => it.schedule)
export const changeSchedule = (id: string, schedule: string, body: ScheduleChange) =>
  request<One>('PATCH', at(id, schedule), { body }).then((it) => it.schedule)
export const deleteSchedule = (id: string, schedule: string) => request<void>('DELETE', at(id, schedule))
export const runSchedule = (id: string, schedule: string) =>
  request<{ run: RunView }>('POST', at(id, schedule, '/run')).then((it) => it.run)
/** The last 50, newest first. */
export const listRuns = (id: string, schedule: string, signal?: Signal) =>
  request<{ runs: RunView[] }>('GET', at(id, schedule, '/runs'), { signal }).then((it) => it.runs)
export const getRun = (id: string, schedule: string, run: number, signal?: Signal) =>
  request<RunLogView>('GET', at(id, schedule, `/runs/${run}`), { signal })
