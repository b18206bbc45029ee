import { expect, test } from 'vitest'
import { chooseOld } from '../../../server/deploy/backups/keep.ts'

const made = (...times: string[]) => times.map((at) => ({ id: at, at }))
const kept = (times: string[], keep: { last: number; daily: number; weekly: number }, now = '2027-01-01') => {
  const old = chooseOld(made(...times), keep, now)
  return times.filter((it) => !old.includes(it))
}

test('the last ones are kept', () => {
  const times = ['2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z', '2026-01-03T03:00:00Z']
  expect(kept(times, { last: 2, daily: 0, weekly: 0 })).toEqual(times.slice(1))
})

test('the newest of each day stands for it, and days without one do not count', () => {
  const times = ['2026-01-01T03:00:00Z', '2026-01-05T03:00:00Z', '2026-01-05T09:00:00Z', '2026-01-09T03:00:00Z']
  expect(kept(times, { last: 1, daily: 3, weekly: 0 })).toEqual([times[0], times[2], times[3]])
})

test('weeks begin on Monday', () => {
  // The 4th of January 2026 was a Sunday.
  const times = ['2026-01-03T03:00:00Z', '2026-01-04T03:00:00Z', '2026-01-05T03:00:00Z', '2026-01-11T03:00:00Z']
  expect(kept(times, { last: 1, daily: 0, weekly: 5 })).toEqual([times[1], times[3]])
})

test('whatever the rule says, the newest is kept', () => {
  expect(kept(['2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'], { last: 0, daily: 0, weekly: 0 })).toEqual([
    '2026-01-02T03:00:00Z',
  ])
  expect(chooseOld([], { last: 1, daily: 1, weekly: 1 }, '2027-01-01')).toEqual([])
})

test('one that a wrong clock dated into the future does not cost the one that was just made its place', () => {
  const times = ['2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z', '2038-01-01T03:00:00Z']
  const keep = { last: 1, daily: 0, weekly: 0 }
  expect(kept(times, keep, '2026-01-02T03:00:05Z')).toEqual(times.slice(1))
  expect(kept(times, keep, '2038-01-02T00:00:00Z')).toEqual(times.slice(2))
})
