import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const SERVER = 'Bun.serve({ fetch: () => new Response("hi") })'
const APP: Tree = {
  'package.json': { scripts: { start: 'bun run src/index.ts' }, dependencies: { hono: '4' } },
  'bun.lock': '{}',
  'src/index.ts': 'export default app',
}
const withScripts = (scripts: object, more: Tree = {}): Tree => ({
  'package.json': { scripts },
  'bun.lock': '{}',
  'src/index.ts': '',
  ...more,
})

const planOf = async (tree: Tree, wishes: Parameters<typeof recipeFor>[1] = {}) => {
  const { template, commands } = await recipeFor(tree, wishes)
  return { template, start: commands?.start }
}
const imageOf = async (tree: Tree) => /^FROM oven\/bun:(\S+)/m.exec((await recipeFor(tree)).dockerfile ?? '')?.[1]

test('an app that starts with Bun is installed from its lock file, its dependencies in a layer of their own', async () => {
  const { recipe, notes } = await choose(APP)
  expect(recipe).toMatchObject({
    template: 'bun',
    framework: 'Bun (Hono)',
    port: 3000,
    commands: { install: 'bun install --frozen-lockfile', start: 'bun src/index.ts' },
  })
  expect(recipe.commands).not.toHaveProperty('build')
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/bun.Dockerfile')
})

describe('Bun starts it', () => {
  test.each([
    ['without watching', { start: 'bun --hot src/index.ts' }, 'bun src/index.ts'],
    ['by way of another script', { start: 'bun run serve', serve: 'bun ./src/index.ts' }, 'bun src/index.ts'],
    ['after a step before', { start: 'bun run migrate && bun src/index.ts' }, 'bun run start'],
    ['a file that only the build makes', { start: 'NODE_ENV=production bun dist/index.js' }, 'bun run start'],
    ['as the dev script does', { dev: 'bun run --watch src/index.ts' }, 'bun src/index.ts'],
  ])('%s', async (_what, scripts, start) => {
    expect(await planOf(withScripts(scripts))).toEqual({ template: 'bun', start })
  })

  test.each([
    ['index.ts', SERVER],
    ['src/server.ts', 'export default { port: 3000, fetch: app.fetch }'],
    ['src/index.ts', "import { Elysia } from 'elysia'"],
  ])('without scripts: %s serves', async (file, text) => {
    const { recipe, notes } = await choose({ 'package.json': {}, 'bun.lock': '{}', [file]: text })
    expect(recipe).toMatchObject({ template: 'bun', commands: { start: `bun ${file}` } })
    expect(notes[0]).toContain(file)
  })

  test('without a package.json, too', async () => {
    const recipe = await recipeFor({ 'server.ts': SERVER })
    expect(recipe).toMatchObject({ template: 'bun', commands: { start: 'bun server.ts' } })
    expect(recipe.dockerfile).not.toContain('bun install')
  })

  test('as Procfile or the settings say', async () => {
    const tree = withScripts({ start: 'node x.js' }, { Procfile: 'web: bun src/web.ts\nrelease: bun src/migrate.ts' })
    expect(await recipeFor(tree)).toMatchObject({
      template: 'bun',
      commands: { start: 'bun src/web.ts', release: 'bun src/migrate.ts' },
    })
    expect(await planOf(APP, { overrides: { startCommand: 'bun src/other.ts' } })).toMatchObject({
      start: 'bun src/other.ts',
    })
  })
})

describe('Bun only installs, and the template node has it', () => {
  test.each([
    ['a framework', { 'package.json': { scripts: { start: 'bunx next start' }, dependencies: { next: '16' } } }],
    ['a framework on Bun', { 'package.json': { scripts: { start: 'bun --bun next start' } } }],
    ['Node', { 'package.json': { packageManager: 'bun@1.2.3', scripts: { start: 'node index.js' } }, 'index.js': '' }],
    ['what the Procfile starts', { ...APP, Procfile: 'web: node index.js' }],
    ['a script that runs Node', { 'package.json': { scripts: { start: 'bun run s', s: 'node i.js' } }, 'i.js': '' }],
  ])('%s', async (_what, tree) => {
    expect(await planOf({ ...(tree as Tree), 'bun.lock': '{}' })).toMatchObject({ template: 'node' })
  })

  test('a worker of Cloudflare’s is none of ours', async () => {
    const tree = {
      'package.json': { devDependencies: { wrangler: '4' } },
      'src/index.ts': 'export default { fetch() {} }',
    }
    await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'no_start_command' })
  })

  test('asked for by name, it asks how it starts', async () => {
    const tree = { 'package.json': {}, 'index.ts': 'console.log(1)' }
    await expect(recipeFor(tree, { template: 'bun' })).rejects.toMatchObject({ code: 'no_start_command' })
    const said = { template: 'bun', overrides: { startCommand: './dist/server' } }
    expect(await planOf(tree, said)).toEqual({ template: 'bun', start: './dist/server' })
  })
})

describe('installing and building', () => {
  test('a build script is run, and only what it leaves and production needs is kept', async () => {
    const { commands, dockerfile } = await recipeFor(withScripts({ start: 'bun src/index.ts', build: 'bun build x' }))
    expect(commands).toMatchObject({ build: 'bun run build' })
    expect(dockerfile).toMatch(/bun run build"\]\nRUN rm -rf node_modules/)
    expect(dockerfile).toMatch(/AS build\nCOPY .*\nRUN .*bun install --frozen-lockfile"\]\nCOPY src\/ \.\n/)
    expect(dockerfile).toContain('bun install --frozen-lockfile --production')
  })

  test('a workspace, and scripts that run when installing, have the sources first', async () => {
    for (const more of [
      { workspaces: ['packages/*'] },
      { scripts: { postinstall: 'bun gen.ts', start: 'bun index.ts' } },
    ]) {
      const tree = { 'package.json': { scripts: { start: 'bun index.ts' }, ...more }, 'index.ts': '' }
      const { dockerfile } = await recipeFor(tree)
      expect(dockerfile).toMatch(/COPY src\/ \.\nRUN .*bun install"\]/)
      expect(dockerfile).not.toContain('AS production')
    }
  })

  test('without a lock file it is said', async () => {
    const { 'bun.lock': _, ...tree } = APP
    expect((await choose(tree)).notes[0]).toContain('no bun.lock')
  })

  test.each([
    ['the newest 1', {}, '1-slim'],
    [
      'packageManager’s',
      { 'package.json': { packageManager: 'bun@1.2.19', scripts: { start: 'bun a.ts' } } },
      '1.2.19-slim',
    ],
    ['the line of .bun-version', { '.bun-version': '1.3' }, '1.3-slim'],
    [
      'a range of engines',
      { 'package.json': { engines: { bun: '<1.3' }, scripts: { start: 'bun a.ts' } } },
      '1.2-slim',
    ],
    ['one that nobody knows', { '.bun-version': 'canary' }, '1-slim'],
  ])('the version is %s', async (_what, more, tag) => {
    expect(await imageOf({ ...APP, ...(more as Tree) })).toBe(tag)
  })

  test('a package.json that says odd things is no fault of ours', async () => {
    const odd = { scripts: null, dependencies: 'x', engines: null, main: 5, packageManager: {} }
    expect(await planOf({ 'package.json': odd, 'index.ts': SERVER })).toMatchObject({ template: 'bun' })
  })
})
