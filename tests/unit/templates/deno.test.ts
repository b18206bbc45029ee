import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const SERVER = 'Deno.serve(() => new Response("hi"))'
const APP: Tree = {
  'deno.json': { tasks: { start: 'deno run -A src/main.ts' }, imports: { hono: 'npm:hono@4' } },
  'deno.lock': '{}',
  'src/main.ts': SERVER,
}

const startOf = async (...it: Parameters<typeof recipeFor>) => {
  const { template, commands } = await recipeFor(...it)
  return template === 'deno' ? commands?.start : template
}
const imageOf = async (tree: Tree) => /^FROM denoland\/deno:(\S+)/m.exec((await recipeFor(tree)).dockerfile ?? '')?.[1]

test('the start task starts the app, and all it imports is fetched while building', async () => {
  const { recipe, notes } = await choose(APP)
  expect(recipe).toMatchObject({
    template: 'deno',
    framework: 'Deno',
    port: 8000,
    commands: { install: 'deno install --frozen', start: 'deno task start' },
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/deno.Dockerfile')
})

describe('how it starts', () => {
  test.each([
    [
      'a task that is an object',
      { 'deno.jsonc': '{"tasks": {"start": {"command": "deno run a.ts"}}, // x\n}' },
      'deno task start',
    ],
    [
      'main.ts, with few permissions',
      { 'deno.json': {}, 'main.ts': '' },
      'deno run --allow-net --allow-env --allow-read main.ts',
    ],
    [
      'a file that serves',
      { 'deno.json': {}, 'src/app.ts': SERVER },
      'deno run --allow-net --allow-env --allow-read src/app.ts',
    ],
    [
      'a file without deno.json that can only be Deno’s',
      { 'main.ts': SERVER },
      'deno run --allow-net --allow-env --allow-read main.ts',
    ],
    [
      'a module that exports fetch',
      { 'deno.json': {}, 'main.ts': 'export default { fetch: () => new Response() }' },
      'deno serve --allow-net --allow-env --allow-read --host 0.0.0.0 --port $PORT main.ts',
    ],
    ['the Procfile', { ...APP, Procfile: 'web: deno run -A src/web.ts' }, 'deno run -A src/web.ts'],
  ])('%s', async (_what, tree, start) => {
    expect(await startOf(tree as Tree)).toBe(start)
  })

  test('what was built, where start watches for changes as in Fresh 1', async () => {
    const tasks = {
      start: 'deno run -A --watch=static/ dev.ts',
      build: 'deno run -A dev.ts build',
      preview: 'deno run -A main.ts',
    }
    const { recipe, notes } = await choose({ 'deno.json': { tasks }, 'main.ts': '', 'dev.ts': '' })
    expect(recipe).toMatchObject({
      framework: 'Deno (Fresh)',
      commands: { build: 'deno task build', start: 'deno task preview' },
    })
    expect(notes[0]).toContain('watches')
  })

  test('the settings go first', async () => {
    const overrides = {
      startCommand: 'deno run -A x.ts',
      installCommand: 'deno install',
      releaseCommand: 'deno task migrate',
    }
    const { commands } = await recipeFor(APP, { overrides })
    expect(commands).toEqual({ install: 'deno install', start: 'deno run -A x.ts', release: 'deno task migrate' })
  })

  test('a library is a question', async () => {
    const library = { 'deno.json': { name: '@acme/x', exports: './mod.ts' }, 'mod.ts': 'export const x = 1' }
    await expect(recipeFor(library)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringContaining('start task'),
    })
  })
})

describe('beside a package.json', () => {
  const NODE: Tree = { 'package.json': { scripts: { start: 'node index.js' } }, 'index.js': '' }

  test('a deno.json that only formats leaves the app to Node', async () => {
    expect(await startOf({ ...NODE, 'deno.json': { fmt: {}, lint: {} } })).toBe('node')
    expect(await startOf({ ...NODE, 'deno.json': { tasks: { fmt: 'deno fmt' } } })).toBe('node')
  })

  test('a start task makes two apps of it, and the question is which', async () => {
    await expect(recipeFor({ ...APP, ...NODE })).rejects.toMatchObject({ code: 'several_apps' })
    expect(await startOf({ ...APP, ...NODE }, { template: 'deno' })).toBe('deno task start')
  })

  test('without a start script Deno starts it', async () => {
    expect(await startOf({ ...APP, 'package.json': { dependencies: { hono: '4' } } })).toBe('deno task start')
  })

  test('a main.ts that is not Deno’s is no Deno app', async () => {
    await expect(recipeFor({ 'main.ts': 'console.log(1)' })).rejects.toMatchObject({ code: 'no_template' })
  })
})

describe('what is built', () => {
  test('a workspace has the sources before it installs', async () => {
    const { dockerfile } = await recipeFor({
      ...APP,
      'deno.json': { workspace: ['./a'], tasks: { start: 'deno task x' } },
    })
    expect(dockerfile).toMatch(/COPY src\/ \.\nRUN .*deno install --frozen/)
  })

  test('a program in one file is not made: Deno is there to run it', async () => {
    const tasks = { build: 'deno compile -A main.ts', start: 'deno run -A main.ts' }
    expect((await recipeFor({ 'deno.json': { tasks } })).commands).not.toHaveProperty('build')
  })

  test('where it listens is set from outside, unless only some addresses are allowed', async () => {
    expect((await recipeFor(APP)).dockerfile).toContain('DENO_SERVE_ADDRESS=tcp:0.0.0.0:8000')
    const narrow = { 'deno.json': { tasks: { start: 'deno run --allow-net=:8000 main.ts' } } }
    expect((await recipeFor(narrow)).dockerfile).not.toContain('DENO_SERVE_ADDRESS')
  })

  test.each([
    ['the newest', {}, '2.9.6'],
    ['the exact one of .dvmrc', { '.dvmrc': 'v2.5.6' }, '2.5.6'],
    ['the newest of a line', { '.tool-versions': 'deno 1' }, '1.46.3'],
    ['the newest where only a line is named that has no image', { '.deno-version': '2.1' }, '2.9.6'],
  ])('the version is %s', async (_what, more, tag) => {
    expect(await imageOf({ ...APP, ...(more as Tree) })).toBe(tag)
  })
})
