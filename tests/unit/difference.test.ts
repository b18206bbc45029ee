import { expect, test } from 'vitest'
import { differenceOf, isSame, type Version } from '../../server/deploy/difference.ts'

const commit = (sha: string) => ({ sha, message: 'A change', author: 'ada', at: '2026-11-21T10:00:00.000Z' })
const variable = (key: string, value: string, more = {}) => ({ key, value, secret: false, buildTime: false, ...more })
const version = ({ inputs, ...more }: Partial<Omit<Version, 'inputs'>> & { inputs?: Partial<Version['inputs']> }) => ({
  subdomain: 'shop',
  env: [],
  commit: commit('a'),
  ...more,
  inputs: { branch: null, rootDir: '', template: null, overrides: {}, volumes: [], ...inputs },
})

test('two versions made from the same do not differ, in whatever order it stands', () => {
  const [a, b] = [
    { name: 'a', path: '/a' },
    { name: 'b', path: '/b' },
  ]
  const one = version({
    env: [variable('A', '1'), variable('B', '2')],
    inputs: { overrides: { port: 80, cpus: 1 }, volumes: [a, b] },
  })
  const other = version({
    env: [variable('B', '2'), variable('A', '1')],
    inputs: { overrides: { cpus: 1, port: 80 }, volumes: [b, a] },
  })
  const difference = differenceOf(one, other)
  expect(difference).toEqual({ commit: null, variables: [], settings: [] })
  expect(isSame(difference)).toBe(true)
})

test('plain values are told on both sides, those of secrets on none', () => {
  const before = version({
    env: [variable('GONE', 'x'), variable('PLAIN', 'old'), variable('KEY', 'k1', { secret: true })],
  })
  const after = version({
    env: [variable('PLAIN', 'new'), variable('KEY', 'k2', { secret: true }), variable('NEW', '')],
  })
  const { variables } = differenceOf(before, after)
  expect(variables).toEqual([
    { key: 'GONE', change: 'removed', secret: false, before: 'x', after: null },
    { key: 'KEY', change: 'changed', secret: true },
    { key: 'NEW', change: 'added', secret: false, before: null, after: '' },
    { key: 'PLAIN', change: 'changed', secret: false, before: 'old', after: 'new' },
  ])
})

test('a variable that is a secret on one side alone is hidden on both', () => {
  const before = version({ env: [variable('KEY', 'hunter2')] })
  const after = version({ env: [variable('KEY', 'hunter2', { secret: true })] })
  for (const difference of [differenceOf(before, after), differenceOf(after, before)]) {
    expect(difference.variables).toEqual([{ key: 'KEY', change: 'changed', secret: true }])
    expect(JSON.stringify(difference)).not.toContain('hunter2')
  }
})

test('settings are named as in the API, and one left to the repository is null', () => {
  const before = version({ inputs: { branch: 'main', overrides: { port: 3000 } } })
  const after = version({
    subdomain: 'store',
    inputs: { overrides: { port: 8080 }, volumes: [{ name: 'd', path: '/d' }] },
  })
  expect(differenceOf(before, after).settings).toEqual([
    { name: 'branch', before: 'main', after: null },
    { name: 'port', before: '3000', after: '8080' },
    { name: 'subdomain', before: 'shop', after: 'store' },
    { name: 'volumes', before: null, after: 'd → /d' },
  ])
})

test('a commit that is not known yet is no difference; another one is told', () => {
  const { commit: _, ...settings } = version({})
  expect(isSame(differenceOf(version({}), settings))).toBe(true)
  expect(differenceOf(version({}), version({ commit: commit('b') })).commit).toEqual({
    before: commit('a'),
    after: commit('b'),
  })
})
