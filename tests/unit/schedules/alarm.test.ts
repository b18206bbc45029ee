import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Schedule } from '../../../server/db/schedules.ts'
import { createAlarm } from '../../../server/deploy/schedules/alarm.ts'

const START = Date.parse('2026-06-01T12:00:30Z')
const log = pino({ level: 'silent' })

beforeEach(() => vi.useFakeTimers({ now: START, toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

const schedule = (name: string, cron: string, updatedAt = START - 3_600_000): Schedule => ({
  id: name,
  deploymentId: 'app',
  name,
  cron,
  timeZone: 'UTC',
  command: 'true',
  timeoutSeconds: 60,
  isEnabled: true,
  createdAt: '',
  updatedAt: new Date(updatedAt).toISOString(),
})

/** What rang and when, as 12:01:00 name. */
function open(schedules: () => Schedule[]) {
  const rung: string[] = []
  const alarm = createAlarm(
    log,
    async () => schedules(),
    (it) => rung.push(`${new Date().toISOString().slice(11, 19)} ${it.name}`),
  )
  alarm.look()
  return { alarm, rung }
}

/** The parser is loaded in real time. */
const goOn = async (ms: number) => {
  for (let left = ms; left > 0; left -= 1000) await vi.advanceTimersByTimeAsync(Math.min(1000, left))
}

test('rings for each at its times, and for those that are due together at once', async () => {
  const { alarm, rung } = open(() => [schedule('each', '* * * * *'), schedule('every-2', '*/2 * * * *')])
  await vi.dynamicImportSettled()
  await goOn(3 * 60_000)
  expect(rung).toEqual(['12:01:00 each', '12:02:00 each', '12:02:00 every-2', '12:03:00 each'])
  expect(vi.getTimerCount()).toBe(1)
  await alarm.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('there is no timer without a schedule, and one as soon as there is one', async () => {
  let all: Schedule[] = []
  const { alarm, rung } = open(() => all)
  await goOn(2000)
  expect(vi.getTimerCount()).toBe(0)
  all = [schedule('new', '* * * * *', START + 1000)]
  alarm.look()
  await goOn(60_000)
  expect(rung).toEqual(['12:01:00 new'])
  await alarm.stop()
})

test('a time before the last change of a schedule is not rung for', async () => {
  let all = [schedule('a', '0 0 1 1 *')]
  const { alarm, rung } = open(() => all)
  await goOn(90_000)
  all = [schedule('a', '* * * * *', Date.now())]
  alarm.look()
  await goOn(5000)
  expect(rung).toEqual([])
  await goOn(60_000)
  expect(rung).toEqual(['12:03:00 a'])
  await alarm.stop()
})

test('what was missed while the machine slept is not made up for', async () => {
  const { alarm, rung } = open(() => [schedule('daily', '30 12 * * *'), schedule('each', '* * * * *')])
  await goOn(20_000)
  vi.setSystemTime(START + 3 * 3_600_000)
  await goOn(61_000)
  expect(rung.filter((it) => it.endsWith('daily'))).toEqual([])
  expect(rung.length).toBeGreaterThanOrEqual(1)
  expect(rung.every((it) => it.startsWith('15:0'))).toBe(true)
  await alarm.stop()
})

test('one that cannot be read does not keep the others from their times', async () => {
  const { alarm, rung } = open(() => [schedule('broken', 'what'), schedule('each', '* * * * *')])
  await goOn(60_000)
  expect(rung).toEqual(['12:01:00 each'])
  await alarm.stop()
})
