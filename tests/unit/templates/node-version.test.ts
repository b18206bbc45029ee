import { describe, expect, test } from 'vitest'
import { choose, type Tree } from '../../support/tree.ts'

const imageOf = async (tree: Tree) => {
  const { recipe, notes } = await choose({ 'package.json': {}, 'server.js': '', ...tree })
  return {
    image:
      /FROM (node:\S+) AS/.exec(recipe.dockerfile ?? '')?.[1] ?? /FROM (node:\S+)/.exec(recipe.dockerfile ?? '')?.[1],
    notes: notes.join(),
  }
}

describe('the version of Node', () => {
  test.each<[string, Tree, string]>([
    ['nothing said', {}, 'node:24-slim'],
    [
      'a lower bound, which is no wish for the newest',
      { 'package.json': { engines: { node: '>=18' } } },
      'node:24-slim',
    ],
    ['a line', { 'package.json': { engines: { node: '22.x' } } }, 'node:22-slim'],
    ['a caret', { 'package.json': { engines: { node: '^22.11.0' } } }, 'node:22-slim'],
    ['an upper bound', { 'package.json': { engines: { node: '>=16 <23' } } }, 'node:22-slim'],
    ['an exact version', { 'package.json': { engines: { node: '22.11.0' } } }, 'node:22.11.0-slim'],
    ['the newest line', { 'package.json': { engines: { node: '26' } } }, 'node:26-slim'],
    [
      '.nvmrc before engines',
      { '.nvmrc': 'v22.11.0\n', 'package.json': { engines: { node: '>=18' } } },
      'node:22.11.0-slim',
    ],
    ['.nvmrc with a name', { '.nvmrc': 'lts/jod' }, 'node:22-slim'],
    ['.nvmrc with the long-term line', { '.nvmrc': 'lts/*' }, 'node:24-slim'],
    ['.node-version', { '.node-version': '22' }, 'node:22-slim'],
    ['.tool-versions', { '.tool-versions': 'nodejs 22.11.0\n' }, 'node:22.11.0-slim'],
    ['mise.toml', { 'mise.toml': '[tools]\nnode = "22"\n' }, 'node:22-slim'],
    ['volta', { 'package.json': { volta: { node: '22.11.0' } } }, 'node:22.11.0-slim'],
    ['devEngines', { 'package.json': { devEngines: { runtime: { name: 'node', version: '22' } } } }, 'node:22-slim'],
  ])('by %s', async (_what, tree, image) => {
    expect(await imageOf(tree)).toEqual({ image, notes: '' })
  })

  test('that gets no fixes any more is used with a warning', async () => {
    expect(await imageOf({ '.nvmrc': '16' })).toEqual({
      image: 'node:16-slim',
      notes: expect.stringMatching(/no security fixes/),
    })
  })

  test('that nobody knows is said, and Slipway’s own taken', async () => {
    for (const wanted of ['lts/zzz', '99', 'system', '24\nUSER root'])
      expect((await imageOf({ '.nvmrc': wanted })).image).toBe('node:24-slim')
    expect((await imageOf({ '.nvmrc': '99' })).notes).toMatch(/\.nvmrc asks for Node 99/)
  })
})
