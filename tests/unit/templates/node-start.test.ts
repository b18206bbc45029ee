import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const startOf = async (tree: Tree, overrides = {}) => {
  const { commands, dockerfile = '' } = await recipeFor(tree, { overrides })
  return { shown: commands.start, run: JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? '[]')[2] }
}
const scripts = (more: object) => ({ 'package.json': { scripts: more }, 'index.js': '' })

describe('what starts an app', () => {
  test.each<[string, Tree, string]>([
    ['the start script', scripts({ start: 'node index.js' }), 'exec node index.js'],
    ['a script that it calls', scripts({ start: 'npm run serve', serve: 'node index.js' }), 'exec node index.js'],
    ['arguments for that', scripts({ start: 'npm run s -- --x 1', s: 'node index.js' }), 'exec node index.js --x 1'],
    ['prestart first', scripts({ prestart: 'node a.js', start: 'node b.js' }), '(node a.js) && exec node b.js'],
    ['one after another', scripts({ start: 'node a.js && node b.js' }), 'node a.js && exec node b.js'],
    ['a variable before it', scripts({ start: 'A=1 node b.js' }), 'exec env A=1 node b.js'],
    ['what only a shell can run', scripts({ start: 'node a.js & node b.js' }), 'node a.js & node b.js'],
    ['a script that npm tells things', scripts({ start: 'node b.js $npm_package_version' }), 'exec npm run start'],
    ['the main file', { 'package.json': { main: './lib/a.js' }, 'lib/a.js': '' }, 'exec node lib/a.js'],
    ['a file with a usual name', { 'package.json': {}, 'app.mjs': '' }, 'exec node app.mjs'],
    ['one in src', { 'package.json': {}, 'src/server.js': '' }, 'exec node src/server.js'],
    ['TypeScript, which Node runs', { 'package.json': {}, 'src/index.ts': '' }, 'exec node src/index.ts'],
    ['the Procfile', { ...scripts({ start: 'x' }), Procfile: 'web: node p.js\n' }, 'exec node p.js'],
  ])('is %s', async (_what, tree, line) => {
    expect((await startOf(tree)).run).toBe(line)
  })

  test('is shown as what really runs', async () => {
    expect((await startOf(scripts({ start: 'node index.js' }))).shown).toBe('node index.js')
  })

  test('is what the user says before all others', async () => {
    const tree = { ...scripts({ start: 'node a.js' }), Procfile: 'web: node p.js\n' }
    expect((await startOf(tree, { startCommand: 'node mine.js' })).run).toBe('exec node mine.js')
  })

  test('runs TypeScript with the program that the repository has for it, which stays in the image', async () => {
    const tree = { 'package.json': { devDependencies: { tsx: '4' } }, 'src/main.ts': '' }
    const { recipe, notes } = await choose(tree)
    expect(recipe.commands.start).toBe('tsx src/main.ts')
    expect(recipe.dockerfile).not.toContain('npm prune')
    expect(recipe.dockerfile).toContain('COPY --from=node-dependencies /app/node_modules')
    expect(notes.join()).toMatch(/takes tsx, a development dependency/)
  })

  test('keeps a development dependency that is loaded by -r', async () => {
    const packageJson = { scripts: { start: 'node -r dotenv/config a.js' }, devDependencies: { dotenv: '16' } }
    expect((await choose({ 'package.json': packageJson })).notes.join()).toMatch(/takes dotenv/)
  })

  test('is compiled first where TypeScript writes what it runs, and no script does that', async () => {
    const tree = {
      'package.json': { scripts: { start: 'node dist/index.js' }, devDependencies: { typescript: '5' } },
      'tsconfig.json': '{ "compilerOptions": { "outDir": "./dist" } } // with a comment',
      'src/index.ts': '',
    }
    expect((await recipeFor(tree)).commands).toMatchObject({ build: 'tsc', start: 'node dist/index.js' })
  })

  test('asks for a newer Node, or tsx, where TypeScript cannot be run', async () => {
    const tree = { 'package.json': { engines: { node: '20' } }, 'index.ts': '' }
    await expect(recipeFor(tree)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(/tsx/),
    })
  })

  test('brings its package manager along where only that can start it', async () => {
    const tree = { ...scripts({ start: 'pnpm --filter x start' }), 'pnpm-lock.yaml': "lockfileVersion: '9.0'" }
    expect((await recipeFor(tree)).dockerfile).toMatch(/^FROM node-tools$/m)
  })

  test.each<[string, Tree]>([
    ['nothing that starts', { 'package.json': { name: 'library' }, 'lib/x.js': '' }],
    ['a main file that is not there', { 'package.json': { main: 'dist/x.js' } }],
    ['a worker for other machines', { 'package.json': { devDependencies: { wrangler: '4' } }, 'src/index.ts': '' }],
  ])('is asked for where there is %s', async (_what, tree) => {
    await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'no_start_command' })
  })
})

describe('what builds an app', () => {
  test('is its build script, or what it has for Heroku', async () => {
    expect((await recipeFor(scripts({ start: 'node index.js', build: 'x' }))).commands.build).toBe('npm run build')
    const both = scripts({ start: 'node index.js', build: 'x', 'heroku-postbuild': 'y' })
    expect((await recipeFor(both)).commands.build).toBe('npm run heroku-postbuild')
  })

  test('is what the user says', async () => {
    const { commands } = await recipeFor(scripts({ start: 'node index.js', build: 'x' }), {
      overrides: { buildCommand: 'make' },
    })
    expect(commands.build).toBe('make')
  })

  test('a release command runs by itself, and only when somebody wrote one', async () => {
    const tree = { ...scripts({ start: 'node index.js' }), Procfile: 'web: node index.js\nrelease: node migrate.js\n' }
    expect((await recipeFor(tree)).commands.release).toBe('node migrate.js')
    expect((await recipeFor(scripts({ start: 'node index.js' }))).commands.release).toBeUndefined()
  })
})
