/**
 * When a scheduled job is due: cron lines, for the server and for the UI, which says what is wrong while it is typed. The
 * parser is loaded at first use: most servers have no job.
 */

const FIELDS = 'minute, hour, day of the month, month, day of the week'

/** What is wrong with a cron line, in a sentence; undefined when it fits. Five fields, or a name such as @daily. */
export async function problemOfCron(cron: string): Promise<string | undefined> {
  const fields = cron.trim().split(/\s+/).filter(Boolean)
  if (!cron.trim().startsWith('@') && fields.length !== 5) {
    return `A cron line has five fields: ${FIELDS}. This one has ${fields.length}.`
  }
  try {
    const next = await nextTimes(cron, 'UTC', 1)
    return next.length > 0 ? undefined : 'There is no such day: this time never comes.'
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return `This cron line does not fit: ${inOurWords(error.message)}. Its fields are ${FIELDS}.`
  }
}

/** Croner's message as part of a sentence: without its name, and without what it would have had as well. */
const inOurWords = (message: string) => {
  const [first = ''] = message.replace(/^CronPattern: /, '').split(/\.(?:\s|$)/)
  return first.charAt(0).toLowerCase() + first.slice(1)
}

/** What is wrong with the name of a time zone; undefined when it is one. */
export function problemOfTimeZone(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return undefined
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return `There is no time zone “${timeZone}”. Give one such as Europe/Berlin, or UTC.`
  }
}

/**
 * The next times after `after`, at most `count`, in ISO 8601. Where clocks go forward, a time that does not exist that day
 * comes an hour later; where they go back, one that exists twice comes once.
 * @throws Error when the line or the zone does not fit
 */
export async function nextTimes(cron: string, timeZone: string, count: number, after = new Date()): Promise<string[]> {
  const { Cron } = await import('croner')
  return new Cron(cron.trim(), { paused: true, timezone: timeZone })
    .nextRuns(count, after)
    .map((at) => at.toISOString())
}
