import { expect, test } from 'vitest'
import { createHearing } from '../../server/deploy/hearing.ts'

test('a round that began while the engine was listened to has seen what was missed before', () => {
  const hearing = createHearing()
  expect(hearing.hasMissed()).toBe(true)
  hearing.beginRound()()
  expect(hearing.hasMissed()).toBe(true)
  expect(hearing.open()).toBe(false)
  hearing.beginRound()()
  expect(hearing.hasMissed()).toBe(false)
})

test('a round in the middle of which the line broke has not, also when there is a new one by then', () => {
  const hearing = createHearing()
  hearing.open()
  const end = hearing.beginRound()
  hearing.break()
  expect(hearing.hasMissed()).toBe(true)
  expect(hearing.open()).toBe(true)
  end()
  expect(hearing.hasMissed()).toBe(true)
  hearing.beginRound()()
  expect(hearing.hasMissed()).toBe(false)
})

test('a round that began before there was a line has not', () => {
  const hearing = createHearing()
  const end = hearing.beginRound()
  hearing.open()
  end()
  expect(hearing.hasMissed()).toBe(true)
})
