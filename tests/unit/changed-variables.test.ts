import { expect, test } from 'vitest'
import { changedVariables } from '../../server/http/changed-variables.ts'

const variable = (key: string, value: string, secret = false) => ({ key, value, secret, buildTime: false })

test('names what was added, changed or taken away, and what became a secret', () => {
  const before = [variable('SAME', '1'), variable('OLD', '2'), variable('VALUE', '3'), variable('KIND', '4')]
  const after = [variable('KIND', '4', true), variable('VALUE', 'three'), variable('NEW', '5'), variable('SAME', '1')]
  expect(changedVariables(before, after)).toEqual({
    variablesAdded: ['NEW'],
    variablesChanged: ['KIND', 'VALUE'],
    variablesRemoved: ['OLD'],
  })
  expect(changedVariables(before, before.toReversed())).toEqual({})
})
