import { nextTimes, problemOfCron, problemOfTimeZone } from '../../../server/cron.ts'

export type CronTimes = { cron?: string; timeZone?: string; times: string[] }

/** What is wrong with a line or a zone by the server's own rules, or else the next three times in that zone. */
export async function timesOf(cron: string, timeZone: string): Promise<CronTimes> {
  const ofZone = problemOfTimeZone(timeZone)
  const ofCron = await problemOfCron(cron)
  const problems = { ...(ofCron && { cron: ofCron }), ...(ofZone && { timeZone: ofZone }) }
  if (ofZone || ofCron) return { ...problems, times: [] }
  const shown = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  })
  return { times: (await nextTimes(cron, timeZone, 3)).map((at) => shown.format(new Date(at))) }
}
