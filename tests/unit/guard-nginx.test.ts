import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createAlarm } from '../../server/deploy/alarm.ts'
import { guardNginx } from '../../server/deploy/guard-nginx.ts'

/** `looks`: whether nginx is gone at each look. Answers the pauses before the looks, and after which of them it rang. */
async function guard(looks: boolean[]) {
  const end = new AbortController()
  const pauses: number[] = []
  const rings: number[] = []
  const deps = {
    nginx: { isGone: async () => looks[pauses.length - 1] },
    config: { reconcileSeconds: 60 },
    log: { debug: () => undefined },
  } as never
  const pause = async (ms: number) => {
    if (pauses.length === looks.length) return end.abort()
    pauses.push(ms)
  }
  await guardNginx(deps, { ring: () => void rings.push(pauses.length) }, end.signal, pause)
  return { pauses, rings }
}

test('an nginx of our own that is gone is noticed within a second', async () => {
  expect(await guard([false, false, true])).toEqual({ pauses: [1000, 1000, 1000], rings: [3] })
})

test('one that cannot be started is tried less and less often, and no less than in each round', async () => {
  const { pauses, rings } = await guard(Array(9).fill(true))
  expect(pauses.map((ms) => ms / 1000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  expect(rings).toHaveLength(9)
})

test('once it was there again its next end is noticed as soon as the first', async () => {
  expect((await guard([true, true, true, false, true])).pauses).toEqual([1000, 2000, 4000, 8000, 1000])
})

const LONG_MS = 60_000
const isOver = (pause: Promise<void>) => Promise.race([pause.then(() => true), sleep(50, false)])

test('a pause between rounds ends when the alarm rings, and the next one does not', async () => {
  const { ring, pause } = createAlarm()
  const { signal } = new AbortController()
  const first = pause(LONG_MS, signal)
  expect(await isOver(first)).toBe(false)
  ring()
  expect(await isOver(first)).toBe(true)
  expect(await isOver(pause(LONG_MS, signal))).toBe(false)
})

test('an alarm in the middle of a round ends the pause after it', async () => {
  const { ring, pause } = createAlarm()
  ring()
  expect(await isOver(pause(LONG_MS, new AbortController().signal))).toBe(true)
})

test('a pause ends with what it belongs to, without an error', async () => {
  const end = new AbortController()
  const over = createAlarm().pause(LONG_MS, end.signal)
  end.abort()
  await expect(over).resolves.toBeUndefined()
})
