import { describe, expect, test } from 'vitest'
import { nextTimes, problemOfCron, problemOfTimeZone } from '../../server/cron.ts'

describe('a cron line that does not fit says what is wrong with it', () => {
  test.each([
    ['* * * *', 'A cron line has five fields: minute, hour, day of the month, month, day of the week. This one has 4.'],
    ['* * * * * *', /five fields.* This one has 6\.$/],
    ['61 * * * *', /does not fit: invalid value for minute: 61\. Its fields are minute, hour,/],
    ['a * * * *', /contains illegal characters/],
    ['1/5 * * * *', /stepping with numeric prefix \('1\/5'\) is not allowed\./],
    ['0 0 30 2 *', 'There is no such day: this time never comes.'],
    ['@reboot', /@reboot is not supported/],
    ['', /This one has 0\.$/],
  ])('%s', async (cron, message) => {
    expect(await problemOfCron(cron)).toMatch(message)
  })
})

test.each(['30 3 * * *', '*/5 8-18 * * mon-fri', '@daily', '0 0 29 2 *', '  0 4 1 * *  '])('%s fits', async (cron) => {
  expect(await problemOfCron(cron)).toBeUndefined()
})

test('the next times are those of the time zone, also over the days that clocks are set', async () => {
  const from = (at: string) => new Date(at)
  expect(await nextTimes('30 3 * * *', 'Europe/Berlin', 2, from('2026-06-01T12:00:00Z'))).toEqual([
    '2026-06-02T01:30:00.000Z',
    '2026-06-03T01:30:00.000Z',
  ])
  // 02:30 does not exist on 29 March 2026 in Berlin, and exists twice on 25 October.
  expect(await nextTimes('30 2 * * *', 'Europe/Berlin', 2, from('2026-03-28T12:00:00Z'))).toEqual([
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ])
  expect(await nextTimes('30 2 * * *', 'Europe/Berlin', 2, from('2026-10-24T12:00:00Z'))).toHaveLength(2)
  expect(
    (await nextTimes('30 2 * * *', 'Europe/Berlin', 2, from('2026-10-24T12:00:00Z'))).map((it) => it.slice(0, 10)),
  ).toEqual(['2026-10-25', '2026-10-26'])
})

test('a time zone is one that this machine knows', () => {
  expect(problemOfTimeZone('UTC')).toBeUndefined()
  expect(problemOfTimeZone('America/Argentina/Buenos_Aires')).toBeUndefined()
  expect(problemOfTimeZone('Europe/Nowhere')).toBe(
    'There is no time zone “Europe/Nowhere”. Give one such as Europe/Berlin, or UTC.',
  )
})
