import type { ScheduleInput } from '../../../server/http/schemas.ts'
import type { ScheduleView } from '../../../server/http/views.ts'
import { COMMAND, CRON, problemOf, SCHEDULE_NAME, SCHEDULE_TIMEOUT, TIME_ZONE } from '../../../server/limits.ts'

/** A job as it stands in the form. */
export type JobForm = { name: string; command: string; cron: string; timeZone: string; timeoutSeconds: string }

export const emptyForm = (): JobForm => ({
  name: '',
  command: '',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  timeoutSeconds: '3600',
})

export const formOf = ({ name, command, cron, timeZone, timeoutSeconds }: ScheduleView): JobForm => ({
  name,
  command,
  cron,
  timeZone,
  timeoutSeconds: String(timeoutSeconds),
})

export const toInput = ({ name, command, cron, timeZone, timeoutSeconds }: JobForm): ScheduleInput => ({
  name: name.trim(),
  command: command.trim(),
  cron: cron.trim(),
  timeZone: timeZone.trim(),
  timeoutSeconds: Number(timeoutSeconds.trim() || Number.NaN),
})

/** What the server would refuse by its own rules, by field. What a line and a zone mean is looked at by cron-times.ts. */
export function problemsOfJob(form: JobForm): Partial<Record<keyof JobForm, string>> {
  const { name, command, cron, timeZone, timeoutSeconds = Number.NaN } = toInput(form)
  const all = {
    name: problemOf(SCHEDULE_NAME, name),
    command: problemOf(COMMAND, command),
    cron: problemOf(CRON, cron),
    timeZone: problemOf(TIME_ZONE, timeZone ?? ''),
    timeoutSeconds: problemOf(SCHEDULE_TIMEOUT, timeoutSeconds),
  }
  return Object.fromEntries(Object.entries(all).filter(([, problem]) => problem !== undefined))
}

/** What many want, to begin with. */
export const examples = [
  { cron: '*/15 * * * *', label: 'Every 15 minutes' },
  { cron: '0 * * * *', label: 'Every hour' },
  { cron: '0 3 * * *', label: 'Every night at 3' },
  { cron: '0 8 * * mon-fri', label: 'Weekdays at 8' },
  { cron: '0 4 1 * *', label: 'The first of each month' },
]
