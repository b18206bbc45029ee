import { describe, expect, test } from 'vitest'
import { judge, type Rule, slopeOf } from '../soak/growth.ts'

/** A reading each ten cycles of three hundred. */
const readings = (valueAt: (at: number) => number) =>
  Array.from({ length: 31 }, (_, index) => ({ at: index * 10, value: valueAt(index * 10) }))
/** Up and down by as much as the collector makes it. */
const swing = (at: number) => 600 * Math.sin(at * 1.7)

const memory: Rule = { kind: 'level', perCycle: 2, why: '' }
const verdictOn = (rule: Rule, valueAt: (at: number) => number) => judge(readings(valueAt), rule).verdict

test('the slope of a line is that of the line, and is sure', () => {
  const { slope, error } = slopeOf(readings((at) => 5 + 3 * at))
  expect(slope).toBeCloseTo(3, 10)
  expect(error).toBeCloseTo(0, 10)
})

test('of one reading nothing is sure', () => {
  expect(slopeOf([{ at: 0, value: 7 }])).toEqual({ slope: 0, error: Number.POSITIVE_INFINITY })
})

describe('what may swing', () => {
  test('is flat while it swings, and when it stays where its first cycles took it', () => {
    expect(verdictOn(memory, (at) => 90_000 + swing(at))).toBe('flat')
    expect(verdictOn(memory, (at) => 90_000 + Math.min(at, 100) * 60 + swing(at))).toBe('flat')
  })

  test('grows when more of each cycle stays than may, also among swings that hide it in any two readings', () => {
    expect(verdictOn(memory, (at) => 90_000 + 10 * at + swing(at))).toBe('grows')
  })

  test('is not judged by a handful of readings', () => {
    expect(judge(readings((at) => 100 * at).slice(0, 8), memory).verdict).toBe('too short to tell')
  })
})

test('what has to be the same grows by one, even where it shrinks again', () => {
  const same: Rule = { kind: 'same', why: '' }
  expect(verdictOn(same, () => 3)).toBe('flat')
  expect(verdictOn(same, (at) => (at === 150 ? 4 : 3))).toBe('grows')
})

test('what has a bound may rise up to it', () => {
  const bounded: Rule = { kind: 'bounded', most: 30, why: '' }
  expect(verdictOn(bounded, (at) => at / 10)).toBe('flat')
  expect(verdictOn(bounded, (at) => at / 5)).toBe('grows')
})

test('what stays by design may rise by so much a cycle', () => {
  const kept: Rule = { kind: 'kept', perCycle: 2, why: '' }
  expect(verdictOn(kept, (at) => 2 * at)).toBe('kept')
  expect(verdictOn(kept, (at) => 3 * at)).toBe('grows')
})
