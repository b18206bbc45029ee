import { expect, test } from 'vitest'
import { createSlots } from '../../server/http/slots.ts'

const never = new AbortController().signal

/** Works that end when they are told to. */
function createWorks() {
  const ends: (() => void)[] = []
  return { ends, work: () => new Promise<void>((resolve) => ends.push(resolve)) }
}

test('so many work at once, the next when one ends, in the order they came', async () => {
  const slots = createSlots({ atOnce: 2, waiting: 2, waitMs: 1000 })
  const { ends, work } = createWorks()
  const order: number[] = []
  const all = [1, 2, 3, 4].map((number) =>
    slots(never, () => {
      order.push(number)
      return work()
    }),
  )
  expect(order).toEqual([1, 2])
  await expect(slots(never, work)).rejects.toMatchObject({ code: 'busy', status: 429 })
  ends[1]?.()
  await all[1]
  await expect.poll(() => order).toEqual([1, 2, 3])
  ends[0]?.()
  await expect.poll(() => order).toEqual([1, 2, 3, 4])
  for (const end of ends) end()
  await Promise.all(all)
})

test('what fails makes room, too', async () => {
  const slots = createSlots({ atOnce: 1, waiting: 1, waitMs: 1000 })
  const failing = slots(never, () => Promise.reject(new Error('no')))
  const next = slots(never, async () => 'done')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('done')
})

test('who waits too long, or goes away, leaves the queue', async () => {
  const slots = createSlots({ atOnce: 1, waiting: 2, waitMs: 50 })
  const { ends, work } = createWorks()
  const first = slots(never, work)
  const gone = new AbortController()
  const left = slots(gone.signal, work)
  gone.abort()
  await expect(left).rejects.toMatchObject({ code: 'cancelled' })
  await expect(slots(AbortSignal.abort(), work)).rejects.toMatchObject({ code: 'cancelled' })
  await expect(slots(never, work)).rejects.toMatchObject({ code: 'busy' })
  ends[0]?.()
  await first
  expect(await slots(never, async () => 'free')).toBe('free')
  expect(ends).toHaveLength(1)
})
