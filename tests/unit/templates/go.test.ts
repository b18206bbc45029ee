import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const MAIN = 'package main\n\nfunc main() {\n\tserve(os.Getenv("PORT"))\n}\n'
const goMod = (more = '') => `module github.com/acme/shop/v2\n\ngo 1.22.0\n${more}`
const MODULE: Tree = { 'go.mod': goMod(), 'main.go': MAIN }
const SEVERAL: Tree = { 'go.mod': goMod(), 'cmd/api/main.go': MAIN, 'cmd/worker/main.go': MAIN }

const commandsOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).commands
const imageOf = async (tree: Tree) => /^FROM (\S+) AS build/m.exec((await recipeFor(tree)).dockerfile ?? '')?.[1]

test('a module with its program at the top is built and started by its name', async () => {
  const { recipe, notes } = await choose(MODULE)
  expect(recipe).toMatchObject({
    template: 'go',
    framework: 'Go',
    port: 8080,
    healthPath: '/',
    commands: {
      build: 'go build -tags timetzdata -trimpath -ldflags="-s -w" -o bin/shop .',
      start: './bin/shop',
    },
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/go.Dockerfile')
})

describe('which program is the app', () => {
  test('the one at the top, whatever lies below', async () => {
    expect(await commandsOf({ ...MODULE, 'cmd/seed/main.go': MAIN })).toMatchObject({ start: './bin/shop' })
  })

  test('the only one below cmd, named after its folder', async () => {
    const tree = { 'go.mod': goMod(), 'cmd/api/main.go': MAIN, 'cmd/api/main_test.go': MAIN, 'tools/gen/main.go': MAIN }
    expect(await commandsOf(tree)).toMatchObject({ build: expect.stringMatching(/-o bin\/api \.\/cmd\/api$/) })
  })

  test('cmd itself, named after the module', async () => {
    const { build } = await commandsOf({ 'go.mod': goMod(), 'cmd/main.go': MAIN, 'internal/x/main.go': MAIN })
    expect(build).toMatch(/-o bin\/shop \.\/cmd$/)
  })

  test('the only one anywhere', async () => {
    const { build } = await commandsOf({ 'go.mod': goMod(), 'shop.go': 'package shop', 'server/run.go': MAIN })
    expect(build).toMatch(/-o bin\/server \.\/server$/)
  })

  test('a file that is kept out of the build is none', async () => {
    const tree = { 'go.mod': goMod(), 'gen.go': `//go:build ignore\n\n${MAIN}`, 'cmd/api/main.go': MAIN }
    expect(await commandsOf(tree)).toMatchObject({ start: './bin/api' })
  })

  test('of several none is guessed: the question names them and the answer', async () => {
    await expect(recipeFor(SEVERAL)).rejects.toMatchObject({
      code: 'several_apps',
      field: 'overrides.startCommand',
      message: expect.stringMatching(/cmd\/api, cmd\/worker.*bin\/api.*Procfile/),
    })
  })

  test('a module of a workspace', async () => {
    const tree = {
      'go.work': 'go 1.23\nuse (\n\t./api\n\t./lib\n)\n',
      'api/go.mod': goMod(),
      'api/main.go': MAIN,
      'lib/go.mod': '',
    }
    expect(await commandsOf(tree)).toMatchObject({ build: expect.stringMatching(/-o bin\/api \.\/api$/) })
  })

  test('a library has none, and the question says so', async () => {
    const library = { 'go.mod': goMod(), 'shop.go': 'package shop', 'examples/simple/main.go': MAIN }
    await expect(recipeFor(library)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringContaining('is a library'),
    })
  })

  test('a file without a module is a question, too', async () => {
    await expect(recipeFor({ 'main.go': MAIN })).rejects.toMatchObject({
      message: expect.stringContaining('go mod init'),
    })
  })

  test('a page beside the program does not make it a site', async () => {
    expect(await recipeFor({ ...MODULE, 'index.html': '' })).toMatchObject({ template: 'go' })
  })
})

describe('what is said about the start decides', () => {
  test.each([
    ['the Procfile', { ...SEVERAL, Procfile: 'web: bin/worker --queue $PORT' }, {}, 'bin/worker --queue $PORT'],
    ['slipway.json', { ...SEVERAL, 'slipway.json': { startCommand: 'worker' } }, {}, 'worker'],
    [
      'the settings over both',
      { ...SEVERAL, Procfile: 'web: bin/api' },
      { startCommand: './worker -v' },
      './worker -v',
    ],
    ['go run of a folder', SEVERAL, { startCommand: 'go run ./cmd/worker -v' }, './bin/worker -v'],
    ['go run of a file', { ...SEVERAL, Procfile: 'web: go run cmd/worker/main.go' }, {}, './bin/worker'],
  ])('%s', async (_what, tree, overrides, start) => {
    const commands = await commandsOf(tree as Tree, { overrides })
    expect(commands).toMatchObject({ build: expect.stringMatching(/worker \.\/cmd\/worker$/), start })
  })

  test('the program is written to where the start command looks for it', async () => {
    const { build } = await commandsOf({ ...MODULE, Procfile: 'web: ./out/server -v\nrelease: ./out/server migrate' })
    expect(build).toMatch(/ -o out\/server \.$/)
  })

  test('a build command of one’s own is run as it is, and says what is started', async () => {
    const overrides = { buildCommand: 'make all && go build -o dist/app ./cmd/api', installCommand: 'make tools' }
    expect(await commandsOf(SEVERAL, { overrides })).toMatchObject({ start: './dist/app' })
    await expect(recipeFor(SEVERAL, { overrides: { buildCommand: 'make' } })).rejects.toMatchObject({
      code: 'no_start_command',
    })
    const recipe = await recipeFor(SEVERAL, { overrides: { ...overrides, startCommand: 'dist/app api' } })
    expect(recipe.commands).toMatchObject({
      install: 'make tools',
      build: overrides.buildCommand,
      start: 'dist/app api',
    })
  })

  test('a release command runs before the start', async () => {
    const tree = { ...MODULE, Procfile: 'web: bin/shop\nrelease: bin/shop migrate' }
    expect(await commandsOf(tree)).toMatchObject({ release: 'bin/shop migrate' })
  })
})

describe('the version of Go', () => {
  test.each([
    ['the newest when go.mod asks for an older one', MODULE, 'golang:1.27-bookworm'],
    ['that of .go-version', { ...MODULE, '.go-version': '1.23' }, 'golang:1.23-bookworm'],
    ['the exact one of .tool-versions', { ...MODULE, '.tool-versions': 'golang 1.24.3' }, 'golang:1.24.3-bookworm'],
    ['an old one, whose image has no variants', { ...MODULE, 'mise.toml': '[tools]\ngo = "1.19"' }, 'golang:1.19'],
  ])('%s', async (_what, tree, image) => {
    expect(await imageOf(tree as Tree)).toBe(image)
  })

  test('one that is newer than all known is fetched, and one nobody knows is said', async () => {
    expect((await choose({ ...MODULE, 'go.mod': 'module a\ngo 1.40' })).notes).toEqual([
      'go.mod asks for Go 1.40, which is fetched while building.',
    ])
    expect((await choose({ ...MODULE, '.go-version': 'tip' })).notes).toEqual(['Go tip is not known: Go 1.27 is used.'])
  })
})

describe('what go.mod and the program tell besides', () => {
  test('cgo is on only for modules that are written in C', async () => {
    const sqlite = { ...MODULE, 'go.mod': goMod('require github.com/mattn/go-sqlite3 v1.14.22\n') }
    const { recipe, notes } = await choose(sqlite)
    expect(recipe.dockerfile).toContain('CGO_ENABLED=1')
    expect(notes[0]).toMatch(/go-sqlite3 is written in C/)
    expect((await recipeFor(MODULE)).dockerfile).toContain('CGO_ENABLED=0')
  })

  test.each([
    ['github.com/gin-gonic/gin', 'Go (Gin)'],
    ['github.com/labstack/echo/v4', 'Go (Echo)'],
    ['github.com/gofiber/fiber/v2', 'Go (Fiber)'],
  ])('%s is named', async (path, framework) => {
    const tree = { ...MODULE, 'go.mod': goMod(`require (\n\t${path} v1.2.3\n)\n`) }
    expect(await recipeFor(tree)).toMatchObject({ framework })
  })

  test('PocketBase is told to listen to all', async () => {
    const tree = { ...MODULE, 'go.mod': goMod('require github.com/pocketbase/pocketbase v0.30.0\n') }
    expect(await recipeFor(tree)).toMatchObject({
      healthPath: '/api/health',
      commands: { start: './bin/shop serve --http=0.0.0.0:$PORT' },
    })
  })

  test('a port that is written in the program is where it is asked', async () => {
    const { recipe, notes } = await choose({
      ...MODULE,
      'main.go': 'package main\nfunc main() { app.Listen(":3000") }\n',
    })
    expect(recipe.port).toBe(3000)
    expect(notes[0]).toContain('PORT is not read')
    const reads = 'package main\nfunc main() { p := os.Getenv("PORT"); if p == "" { l(":3000") } }\nvar x = ":9090"\n'
    expect((await recipeFor({ ...MODULE, 'main.go': reads })).port).toBe(8080)
  })

  test('variables for the build are there while it builds', async () => {
    const env = [{ key: 'GOPRIVATE', value: 'x', secret: false, buildTime: true }]
    expect((await recipeFor(MODULE, { env })).dockerfile).toMatch(/^ARG GOPRIVATE$/m)
  })
})
