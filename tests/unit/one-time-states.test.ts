import { expect, test } from 'vitest'
import { createOneTimeStates } from '../../server/http/one-time-states.ts'

test('a state is good once, for who took it', () => {
  const states = createOneTimeStates()
  const state = states.issue('me')
  expect(states.redeem(state, 'you')).toBe(false)
  expect(states.redeem('made up', 'me')).toBe(false)
  expect(states.redeem(state, 'me')).toBe(true)
  expect(states.redeem(state, 'me')).toBe(false)
})

test('a state is good for ten minutes', () => {
  let now = 0
  const states = createOneTimeStates(() => now)
  const [early, late] = [states.issue('me'), states.issue('me')]
  now = 10 * 60_000 - 1
  expect(states.redeem(early, 'me')).toBe(true)
  now += 1
  expect(states.redeem(late, 'me')).toBe(false)
})

test('of more than a hundred the oldest gives way', () => {
  const states = createOneTimeStates()
  const oldest = states.issue('me')
  const rest = Array.from({ length: 100 }, () => states.issue('me'))
  expect(states.redeem(oldest, 'me')).toBe(false)
  for (const state of rest) expect(states.redeem(state, 'me')).toBe(true)
})
