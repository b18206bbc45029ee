import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const FLASK = { 'requirements.txt': 'flask\n', 'app.py': 'from flask import Flask\napp = Flask(__name__)\n' }
const TOOLS = { 'package.json': { devDependencies: { prettier: '3' } } }
const APP = { 'package.json': { scripts: { start: 'node index.js' } }, 'index.js': '' }
const below = (folder: string, tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).map(([file, text]) => [`${folder}/${file}`, text]))

describe('a package.json that is not what runs', () => {
  test.each<[string, object]>([
    ['formats the code', { devDependencies: { prettier: '3' } }],
    [
      'bundles assets while somebody develops',
      { scripts: { start: 'webpack --watch' }, devDependencies: { webpack: '5' } },
    ],
    ['has a file with a usual name', { dependencies: { jquery: '3' } }],
  ])('leaves the app to Python where it %s', async (_what, packageJson) => {
    expect(await recipeFor({ ...FLASK, 'package.json': packageJson, 'src/index.js': '' })).toMatchObject({
      template: 'python',
    })
  })

  test('is a question beside a program, where it starts a server', async () => {
    await expect(recipeFor({ ...FLASK, ...APP })).rejects.toMatchObject({ code: 'several_apps', field: 'template' })
  })

  test('leads to the one app in a folder below', async () => {
    const { recipe, notes } = await choose({ ...TOOLS, ...below('server', APP) })
    expect(recipe).toMatchObject({ contextFolder: 'server', commands: { start: 'node index.js' } })
    expect(notes).toContain('The app was found in server.')
  })

  test('leads to a question where several are below', async () => {
    const tree = { ...TOOLS, ...below('server', APP), ...below('client', APP) }
    await expect(recipeFor(tree)).rejects.toMatchObject({
      code: 'several_apps',
      message: expect.stringMatching(/client.*server/),
    })
  })

  test('without anything below still says what is missing', async () => {
    await expect(recipeFor(TOOLS)).rejects.toMatchObject({ code: 'no_start_command' })
  })
})

describe('a package.json of any content', () => {
  test.each([null, [], 'text', { scripts: null, dependencies: null }, { engines: { node: 5 }, volta: { pnpm: 9 } }])(
    'such as %j ends in an answer or a sentence, never in a crash',
    async (content) => {
      const tree = { 'package.json': JSON.stringify(content), 'pnpm-lock.yaml': '' }
      await expect(recipeFor(tree)).rejects.toMatchObject({ name: 'AppError' })
    },
  )

  test('whose names are commands does nothing of theirs', async () => {
    const evil = '"]\nRUN evil\n#'
    const packageJson = {
      name: evil,
      main: `${evil}.js`,
      scripts: { start: 'node a.js' },
      workspaces: [evil],
      packageManager: `npm@${evil}`,
      engines: { node: evil },
    }
    const { dockerfile } = await recipeFor({ 'package.json': packageJson, 'a.js': '' })
    expect(dockerfile).not.toMatch(/^RUN evil/m)
  })
})
