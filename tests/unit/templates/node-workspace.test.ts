import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const LIBRARY = { name: '@acme/lib', main: 'index.js', scripts: { build: 'tsc' }, dependencies: { ms: '2.1.3' } }
const API = {
  name: '@acme/api',
  scripts: { build: 'tsc', start: 'node dist/index.js' },
  dependencies: { '@acme/lib': '*', express: '5' },
}
const OTHER = { name: '@acme/other', scripts: { start: 'node index.js' }, dependencies: { fastify: '5' } }
const workspace = (top: object = {}): Tree => ({
  'package.json': { private: true, workspaces: ['apps/*', 'packages/*'], devDependencies: { typescript: '5' }, ...top },
  'package-lock.json': '{}',
  'apps/api/package.json': API,
  'packages/lib/package.json': LIBRARY,
})
const two: Tree = { ...workspace(), 'apps/other/package.json': OTHER }
const pnpm = (tree: Tree): Tree => ({
  ...tree,
  'package.json': { private: true, devDependencies: { typescript: '5' } },
  'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
  'pnpm-workspace.yaml': 'packages:\n  - apps/*\n  - packages/*\n  - "!packages/hidden"\n',
})

const withoutNpm = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([file]) => file !== 'package-lock.json'))

describe('a workspace', () => {
  test('is built from its top when the folder of an app is asked for', async () => {
    const { contextFolder, commands, dockerfile, extraFiles } = await recipeFor(two, { rootDir: 'apps/api' })
    expect(contextFolder).toBe('')
    expect(commands).toEqual({
      install: 'npm ci',
      build: '(cd ../../packages/lib && npm run build) && npm run build',
      start: 'node dist/index.js',
    })
    expect(extraFiles?.manifests?.split('\n')).toContain('packages/lib/package.json')
    await expect(dockerfile).toMatchFileSnapshot('snapshots/node-workspace.Dockerfile')
  })

  test('is built from a folder of the repository, where its top lies there', async () => {
    const nested = Object.fromEntries(Object.entries(two).map(([file, text]) => [`web/${file}`, text]))
    expect(await recipeFor(nested, { rootDir: 'web/apps/api' })).toMatchObject({ contextFolder: 'web' })
  })

  test('of one app deploys that app, and says so', async () => {
    const { recipe, notes } = await choose(workspace())
    expect(recipe).toMatchObject({ framework: 'Express', commands: { start: 'node dist/index.js' } })
    expect(notes).toContain('The one app of this workspace is apps/api.')
  })

  test('of several apps asks which, and names them', async () => {
    await expect(recipeFor(two)).rejects.toMatchObject({
      code: 'several_apps',
      field: 'rootDir',
      message: expect.stringMatching(/apps\/api \(Express\), apps\/other \(Fastify\)/),
    })
  })

  test('of libraries alone says where it looked', async () => {
    const tree = { 'package.json': { workspaces: ['packages/*'] }, 'packages/lib/package.json': LIBRARY }
    await expect(recipeFor(tree)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(/packages\/lib/),
    })
  })

  test('whose top starts something of its own is deployed as that', async () => {
    const { commands, dockerfile } = await recipeFor({ ...two, ...workspace({ scripts: { start: 'node server.js' } }) })
    expect(commands.start).toBe('node server.js')
    expect(dockerfile).toMatch(/^WORKDIR \/app$/m)
  })

  test.each(['npm start -w apps/other', 'npm start --workspace=@acme/other', 'yarn workspace @acme/other start'])(
    'whose top starts one package by “%s” is deployed as that package',
    async (start) => {
      const { framework } = await recipeFor({ ...two, ...workspace({ scripts: { start } }) })
      expect(framework).toBe('Fastify')
    },
  )

  test('whose top starts all of them is a question', async () => {
    const tree = { ...two, ...workspace({ scripts: { start: 'turbo run start' } }) }
    await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'several_apps' })
  })

  test('of pnpm installs what the app needs, and leaves out what another does', async () => {
    const { commands, dockerfile } = await recipeFor(pnpm(two), { rootDir: 'apps/api' })
    expect(commands.install).toBe("pnpm install --frozen-lockfile --filter '@acme/api...'")
    expect(dockerfile).toContain("rm -rf './apps/other' && CI=true pnpm install --prod")
  })

  test('of pnpm does not count what is excluded', async () => {
    const tree = { ...pnpm(workspace()), 'packages/hidden/package.json': OTHER }
    expect((await recipeFor(tree, { rootDir: 'packages/hidden' })).contextFolder).toBe('packages/hidden')
  })

  test('leaves a package that it does not name to itself', async () => {
    const tree = { ...two, 'tools/x/package.json': OTHER, 'tools/x/index.js': '' }
    expect((await recipeFor(tree, { rootDir: 'tools/x' })).contextFolder).toBe('tools/x')
  })

  test('of Yarn 1, with its older way to write it', async () => {
    const tree = { ...two, 'package.json': { workspaces: { packages: ['./apps/*/', 'packages/**'] } } }
    const files = withoutNpm({ ...tree, 'yarn.lock': '# yarn lockfile v1' })
    const { contextFolder, dockerfile } = await recipeFor(files, { rootDir: 'apps/api' })
    expect(contextFolder).toBe('')
    expect(dockerfile).toContain('yarn install --production --ignore-scripts')
  })

  test('of Bun installs again without what is for developing, because Bun takes nothing away', async () => {
    const files = withoutNpm({ ...two, 'bun.lock': '{}' })
    const { dockerfile } = await recipeFor(files, { rootDir: 'apps/api' })
    expect(dockerfile).toContain('rm -rf {} + && bun install --production --frozen-lockfile')
  })
})

describe('who knows the order of a workspace’s builds', () => {
  const turbo = { ...two, ...workspace({ devDependencies: { turbo: '^2.5.0' } }), 'turbo.json': {} }

  test('Turborepo does, and must not keep variables from them', async () => {
    const { commands } = await recipeFor(turbo, { rootDir: 'apps/api' })
    expect(commands.build).toBe("(cd ../.. && turbo run build --filter='@acme/api' --env-mode=loose)")
  })

  test('before another line than the build script it builds what the app depends on', async () => {
    const { commands } = await recipeFor(turbo, { rootDir: 'apps/api', overrides: { buildCommand: 'make' } })
    expect(commands.build).toBe("(cd ../.. && turbo run build --filter='@acme/api^...' --env-mode=loose) && make")
  })

  test('Nx does', async () => {
    const tree = { ...two, ...workspace({ devDependencies: { nx: '21' } }), 'nx.json': {} }
    expect((await recipeFor(tree, { rootDir: 'apps/api' })).commands.build).toBe(
      '(cd ../.. && NX_DAEMON=false nx build @acme/api)',
    )
  })

  test('without either, what is needed comes first', async () => {
    const deeper = { name: '@acme/base', scripts: { build: 'tsc' } }
    const library = { ...LIBRARY, dependencies: { '@acme/base': '*' } }
    const tree = { ...two, 'packages/lib/package.json': library, 'packages/z/package.json': deeper }
    const { dockerfile = '' } = await recipeFor(tree, { rootDir: 'apps/api' })
    const folders = [...dockerfile.matchAll(/^WORKDIR (.+)\nRUN .*run build/gm)].map(([, folder]) => folder)
    expect(folders).toEqual(['/app/packages/z', '/app/packages/lib', '/app/apps/api'])
  })

  test('a name that a shell would read is not given to one', async () => {
    const tree = { ...turbo, 'apps/api/package.json': { ...API, name: "x'; rm -rf / #" } }
    expect((await recipeFor(tree, { rootDir: 'apps/api' })).dockerfile).not.toContain('rm -rf / ')
  })
})

describe('an Nx repository with one package.json for all', () => {
  const nx: Tree = {
    'package.json': { devDependencies: { nx: '21' }, dependencies: { express: '5' } },
    'nx.json': {},
    'apps/api/project.json': { name: 'api', projectType: 'application' },
    'apps/api-e2e/project.json': { projectType: 'application' },
    'packages/lib/project.json': { projectType: 'library' },
  }

  test('asks what to build, by the names of its apps', async () => {
    await expect(recipeFor(nx)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(/with api\. Set .*“nx build api”.*“node dist\/apps\/api\/main\.js”/),
    })
  })

  test('does as it is told then', async () => {
    const overrides = { buildCommand: 'nx build api', startCommand: 'node dist/apps/api/main.js' }
    expect((await recipeFor(nx, { overrides })).commands).toMatchObject({
      build: 'nx build api',
      start: overrides.startCommand,
    })
  })
})
