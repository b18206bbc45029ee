import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Toasts } from '../../web/src/state/toasts.svelte.ts'

let toasts: Toasts
beforeEach(() => {
  vi.useFakeTimers()
  toasts = new Toasts()
})
afterEach(() => vi.useRealTimers())

const texts = () => toasts.all.map((it) => it.text)

describe('messages', () => {
  test('go by themselves; what can be pressed stays longer, and an error until it is closed', () => {
    toasts.show('ok', 'read')
    toasts.show('ok', 'press', { action: { label: 'Show it', href: '/' } })
    const error = toasts.show('bad', 'wrong')
    vi.advanceTimersByTime(6000)
    expect(texts()).toEqual(['press', 'wrong'])
    vi.advanceTimersByTime(14_000)
    expect(texts()).toEqual(['wrong'])
    toasts.close(error)
    expect(texts()).toEqual([])
  })

  test('stay while they are used, and their whole time after that', () => {
    toasts.show('ok', 'before')
    vi.advanceTimersByTime(5000)
    toasts.hold()
    toasts.show('ok', 'meanwhile')
    vi.advanceTimersByTime(60_000)
    expect(texts()).toEqual(['before', 'meanwhile'])
    toasts.release()
    vi.advanceTimersByTime(5999)
    expect(texts()).toEqual(['before', 'meanwhile'])
    vi.advanceTimersByTime(1)
    expect(texts()).toEqual([])
  })

  test('are five at most, the newest, and none stands twice', () => {
    for (const text of ['1', '2', '3', '4', '5', '3', '6']) toasts.show('bad', text)
    expect(texts()).toEqual(['2', '4', '5', '3', '6'])
  })
})
