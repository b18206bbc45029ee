import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { settingsSchema } from '../../../server/templates/settings.ts'
import { recipeFor } from '../../support/tree.ts'

const site = { 'index.html': '' }
const withSettings = (settings: object | string, overrides = {}) =>
  recipeFor({ ...site, 'slipway.json': settings }, { overrides })
const fits = new Ajv({ strict: false }).compile(settingsSchema)

describe('slipway.json', () => {
  test('says how the app is built and run', async () => {
    const settings = { healthPath: '/up', port: 9000, memoryMb: 256, cpus: 0.5, releaseCommand: 'echo hello' }
    const recipe = await withSettings({ $schema: 'https://apps.example.com/api/slipway.schema.json', ...settings })
    expect(recipe).toMatchObject({ settings, port: 9000, healthPath: '/up', commands: { release: 'echo hello' } })
  })

  test('gives way to what is set in the UI, key by key', async () => {
    const recipe = await withSettings({ port: 9000, healthPath: '/up' }, { port: 9001 })
    expect(recipe).toMatchObject({ port: 9001, healthPath: '/up' })
  })

  test('chooses the template', async () => {
    const tree = { ...site, 'server.js': '', 'package.json': {}, 'slipway.json': { template: 'static' } }
    expect(await recipeFor(tree)).toMatchObject({ template: 'static' })
  })

  test('brings variables, over which the user’s win, for the build as well', async () => {
    const env = [{ key: 'COLOUR', value: 'red', secret: false, buildTime: false }]
    const packageJson = { scripts: { build: 'x' } }
    const tree = {
      'package.json': packageJson,
      'server.js': '',
      'slipway.json': { env: { COLOUR: 'blue', SIZE: 'm' } },
    }
    const { env: own, dockerfile } = await recipeFor(tree, { env })
    expect(own).toEqual({ COLOUR: 'blue', SIZE: 'm' })
    expect(dockerfile).toMatch(/^ARG SIZE$/m)
    expect(dockerfile).not.toMatch(/^ARG COLOUR$/m)
  })

  test('may have comments and a byte order mark', async () => {
    expect(await withSettings('\uFEFF{\n  // why\n  "port": 9000,\n}')).toMatchObject({ port: 9000 })
  })

  test.each([
    ['a key with a slip of the pen', { startComand: 'x' }, 'Did you mean “startCommand”?'],
    ['a key in other letters', { StartCommand: 'x' }, 'Did you mean “startCommand”?'],
    ['a key nobody knows', { replicas: 3 }, 'It knows template, dockerfile'],
    ['a key of JavaScript', '{"constructor": {}}', 'does not know “constructor”'],
    ['a port that is none', { port: 70_000 }, 'from 1 to 65535'],
    ['a port in quotes', { port: '3000' }, 'must be a number'],
    ['a command that is a list', { startCommand: ['node', 'x'] }, 'must be a text'],
    ['a health path with a line end', { healthPath: '/up\r\nx' }, 'one slash'],
    ['a Dockerfile outside', { dockerfile: '../../etc/passwd' }, 'below the root folder'],
    ['an output folder outside', { outputDir: '../x' }, 'folder that the build writes to'],
    ['a variable with a bad name', { env: { 'A-B': 'x' } }, 'letters A–Z'],
    ['a variable that is a number', { env: { SIZE: 3 } }, 'in quotes'],
    ['the port as a variable', { env: { PORT: '3000' } }, 'by “port”'],
    ['variables as a list', { env: ['A=B'] }, 'names with texts'],
  ])('with %s is refused, and says what to write', async (_what, settings, message) => {
    const asking = withSettings(settings)
    await expect(asking).rejects.toMatchObject({ code: 'settings_invalid' })
    await expect(asking).rejects.toThrow(message)
  })

  test('that is no JSON is refused with the line', async () => {
    await expect(withSettings('{\n"port": 1,\n"a" "b"}')).rejects.toThrow(/slipway\.json is not valid JSON.*line 3/)
  })
})

describe('the published schema', () => {
  test.each([
    [{ port: 9000, env: { A: 'b' }, buildArgs: { A: 'b' }, template: 'node' }, true],
    [{ port: '9000' }, false],
    [{ startComand: 'x' }, false],
    [{ env: { 'A-B': 'x' } }, false],
    [{ healthPath: 'up' }, false],
  ])('judges %j as the server does: %s', async (settings, good) => {
    expect(fits(settings)).toBe(good)
    const asking = withSettings({ ...settings, template: 'static' } as object)
    if (good) await expect(asking).resolves.toBeDefined()
    else await expect(asking).rejects.toMatchObject({ code: 'settings_invalid' })
  })
})
