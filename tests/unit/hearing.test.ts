import { expect, test } from 'vitest'
import { createHearing, type Hearing } from '../../server/deploy/hearing.ts'

const hasMissed = (hearing: Hearing, app = 'red') => hearing.beginRound().hasMissed(app)
const look = (hearing: Hearing, app = 'red') => hearing.beginRound().saw(app)

test('a round that began while the engine was listened to has seen what was missed before', () => {
  const hearing = createHearing()
  expect(hasMissed(hearing)).toBe(true)
  look(hearing)
  expect(hasMissed(hearing)).toBe(true)
  expect(hearing.open()).toBe(false)
  look(hearing)
  expect(hasMissed(hearing)).toBe(false)
})

test('a round in the middle of which the line broke has not, also when there is a new one by then', () => {
  const hearing = createHearing()
  hearing.open()
  const round = hearing.beginRound()
  hearing.break()
  expect(round.hasMissed('red')).toBe(true)
  expect(hearing.open()).toBe(true)
  round.saw('red')
  expect(hasMissed(hearing)).toBe(true)
  look(hearing)
  expect(hasMissed(hearing)).toBe(false)
})

test('a round that began before there was a line has not', () => {
  const hearing = createHearing()
  const round = hearing.beginRound()
  hearing.open()
  round.saw('red')
  expect(hasMissed(hearing)).toBe(true)
})

test('an app that a round could not look at waits for one that can', () => {
  const hearing = createHearing()
  hearing.open()
  look(hearing, 'blue')
  expect(hasMissed(hearing, 'blue')).toBe(false)
  expect(hasMissed(hearing)).toBe(true)
})
