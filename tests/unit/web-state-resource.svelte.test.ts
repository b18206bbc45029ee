import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SlipwayEvent } from '../../server/events.ts'
import { useCheck } from '../../web/src/state/check.svelte.ts'
import { Resource, useResource } from '../../web/src/state/resource.svelte.ts'

let answers: (PromiseWithResolvers<string> & { signal: AbortSignal; of: string })[]
let listeners: Set<(event: SlipwayEvent) => void>
let resyncs: Set<() => void>
const news = {
  onEvent(listener: (event: SlipwayEvent) => void) {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
  onResync(refresh: () => void) {
    resyncs.add(refresh)
    return () => void resyncs.delete(refresh)
  },
}

function load(of: string, signal: AbortSignal): Promise<string> {
  const answer = Promise.withResolvers<string>()
  answers.push({ ...answer, signal, of })
  return answer.promise
}

/** As a component does: `make` is called in an effect, which ends with it. */
function live<T>(make: () => T): { made: T; end: () => void } {
  let made: T | undefined
  const end = $effect.root(() => {
    made = make()
  })
  flushSync()
  return { made: made as T, end }
}

beforeEach(() => {
  vi.useFakeTimers()
  answers = []
  listeners = new Set()
  resyncs = new Set()
})
afterEach(() => vi.useRealTimers())

const settle = (ms = 10) => vi.advanceTimersByTimeAsync(ms)
function tell() {
  for (const it of listeners) it({ type: 'deleted', deployment: 'a' })
}

describe('a resource', () => {
  test('shows the answer to the last question, and ends the one before', async () => {
    const resource = new Resource((signal) => load('x', signal))
    void resource.refresh()
    void resource.refresh()
    answers[1]?.resolve('second')
    answers[0]?.resolve('first')
    await settle()
    expect(resource.data).toBe('second')
    expect(answers[0]?.signal.aborted).toBe(true)
  })

  test('keeps what it shows while it cannot be had, and says why', async () => {
    const resource = new Resource((signal) => load('x', signal))
    void resource.refresh()
    answers[0]?.resolve('there')
    await settle()
    void resource.refresh()
    answers[1]?.reject(new Error('It broke.'))
    await settle()
    expect([resource.data, resource.error?.message]).toEqual(['there', 'It broke.'])
  })

  test('asks once for a burst, also for one that does not end', async () => {
    const resource = new Resource((signal) => load('x', signal))
    for (let count = 0; count < 10; count++) {
      resource.refreshSoon()
      await settle(20)
    }
    expect(answers.length).toBeGreaterThanOrEqual(2)
    expect(answers.length).toBeLessThanOrEqual(4)
  })

  test('of a component is asked for at each event that concerns it and after a lost connection, until that ends', async () => {
    const { end } = live(() =>
      useResource(
        () => (signal: AbortSignal) => load('x', signal),
        () => true,
        news,
      ),
    )
    tell()
    tell()
    await settle(100)
    expect(answers).toHaveLength(2)
    for (const resync of resyncs) resync()
    expect(answers).toHaveLength(3)
    end()
    expect(answers[2]?.signal.aborted).toBe(true)
    expect(listeners.size + resyncs.size).toBe(0)
  })

  test('is another one when what makes it reads something else; what the loader reads does not count', () => {
    let id = $state('a')
    let detail = $state('one')
    const { end } = live(() =>
      useResource(
        () => {
          const asked = id
          return (signal: AbortSignal) => load(`${asked} ${detail}`, signal)
        },
        undefined,
        news,
      ),
    )
    detail = 'two'
    flushSync()
    expect(answers.map((it) => it.of)).toEqual(['a one'])
    id = 'b'
    flushSync()
    expect(answers.map((it) => it.of)).toEqual(['a one', 'b two'])
    end()
  })
})

describe('a check of what is typed', () => {
  test('asks when nothing was typed for a moment, and drops what was asked before', async () => {
    let typed = $state('b')
    const { made: check, end } = live(() => useCheck(() => typed, load, 300, news))
    await settle(200)
    typed = 'bl'
    flushSync()
    await settle(300)
    typed = 'blog'
    flushSync()
    await settle(300)
    answers[1]?.resolve('free')
    answers[0]?.resolve('taken')
    await settle()
    expect(answers.map((it) => it.of)).toEqual(['bl', 'blog'])
    expect(check.answer).toBe('free')
    end()
  })

  test('asks again after a lost connection, but not for what it has yet to ask', async () => {
    const { end } = live(() => useCheck(() => 'blog', load, 300, news))
    await settle(200)
    for (const resync of resyncs) resync()
    flushSync()
    await settle(100)
    expect(answers).toHaveLength(1)
    answers[0]?.resolve('free')
    await settle()
    for (const resync of resyncs) resync()
    flushSync()
    await settle(300)
    expect(answers).toHaveLength(2)
    end()
    expect(resyncs.size).toBe(0)
  })

  test('asks nothing while there is nothing to ask', async () => {
    const { made: check, end } = live(() => useCheck(() => undefined, load, 300, news))
    await settle(1000)
    expect([answers.length, check.state]).toEqual([0, 'idle'])
    end()
  })
})
