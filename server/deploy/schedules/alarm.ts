import { nextTimes } from '../../cron.ts'
import type { Schedule } from '../../db/schedules.ts'
import type { Deps } from '../../deps.ts'

export type Alarm = {
  /** Looks at the schedules anew: after one was written, and at the start. */
  look(): void
  stop(): Promise<void>
}

/** What was due earlier than this was missed, and is not made up for: the machine slept, or its clock was set. */
const GRACE_MS = 60_000
/** Looks again after this time at the latest: a clock that is set forward does not wake a timer. */
const MOST_MS = 10 * 60_000

/**
 * One timer for all schedules: it is set for the soonest, and rings for those that were due since the last look, not
 * earlier than they were last changed. Without a schedule there is none.
 */
export function createAlarm(
  log: Deps['log'],
  list: () => Promise<Schedule[]>,
  ring: (schedule: Schedule) => void,
): Alarm {
  let since = Date.now()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let again = false
  let stopped = false

  function look() {
    again = looking !== undefined
    if (looking || stopped) return
    looking = lookOnce()
      .catch((error: unknown) => {
        log.error({ err: error }, 'the scheduled jobs could not be looked at')
        setFor(Date.now() + GRACE_MS)
      })
      .finally(() => {
        looking = undefined
        if (again) look()
      })
  }

  async function lookOnce() {
    const schedules = await list()
    const at = Date.now()
    let soonest = Number.POSITIVE_INFINITY
    for (const schedule of schedules) {
      const from = Math.max(since, at - GRACE_MS, Date.parse(schedule.updatedAt))
      const [due, next = due] = await timesOf(schedule, Math.min(from, at))
      if (due !== undefined && due <= at) ring(schedule)
      soonest = Math.min(soonest, [due, next].find((it) => it !== undefined && it > at) ?? at + GRACE_MS)
    }
    since = at
    clearTimeout(timer)
    if (schedules.length > 0) setFor(soonest)
  }

  /** Empty for one that cannot be read: the others go on. */
  async function timesOf({ id, cron, timeZone }: Schedule, from: number): Promise<number[]> {
    try {
      return (await nextTimes(cron, timeZone, 2, new Date(from))).map((it) => Date.parse(it))
    } catch (error) {
      log.error({ err: error, schedule: id }, 'a schedule cannot be read')
      return []
    }
  }

  function setFor(time: number) {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(look, Math.min(Math.max(1, time - Date.now()), MOST_MS)).unref()
  }

  return {
    look,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
