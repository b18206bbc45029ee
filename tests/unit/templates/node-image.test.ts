import { describe, expect, test } from 'vitest'
import type { EnvVariable } from '../../../server/db/deployments.ts'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const LOCK = { 'package-lock.json': '{}' }
const APP = { scripts: { build: 'tsc', start: 'node dist/index.js' }, dependencies: { express: '5' } }
const app = (more: object = {}, files: Tree = {}): Tree => ({ 'package.json': { ...APP, ...more }, ...LOCK, ...files })
const dockerfileOf = async (tree: Tree, env: EnvVariable[] = []) => (await recipeFor(tree, { env })).dockerfile ?? ''
const variable = (key: string): EnvVariable => ({ key, value: 'x', secret: false, buildTime: true })

describe('the Dockerfile', () => {
  test('of a server that is built', async () => {
    const dockerfile = await dockerfileOf(app({ devDependencies: { typescript: '5' } }))
    await expect(dockerfile).toMatchFileSnapshot('snapshots/node-server.Dockerfile')
  })

  test('of a server without a build and without dependencies', async () => {
    const dockerfile = await dockerfileOf({ 'package.json': {}, 'server.js': '' })
    await expect(dockerfile).toMatchFileSnapshot('snapshots/node-plain.Dockerfile')
  })

  test('of a site of files', async () => {
    const packageJson = { scripts: { build: 'vite build' }, devDependencies: { vite: '7' } }
    const tree = { 'package.json': packageJson, ...LOCK, 'index.html': '<script src="/src/main.ts"></script>' }
    const { dockerfile, extraFiles } = await recipeFor(tree)
    await expect(dockerfile).toMatchFileSnapshot('snapshots/node-site.Dockerfile')
    expect(Object.keys(extraFiles ?? {})).toEqual(['nginx.conf'])
  })

  test('of an app whose next build finds what this one kept', async () => {
    const next = { scripts: { build: 'next build' }, dependencies: { next: '16', react: '19' } }
    const dockerfile = await dockerfileOf({ 'package.json': next, ...LOCK })
    expect(dockerfile).toMatch(
      /ln -s \/cache\/slipway-\w+\/-next-cache \/app\/\.next\/cache && \(npm run build\\n\) && rm/,
    )
  })

  test('takes no step for what is not for developing only', async () => {
    expect(await dockerfileOf(app())).toContain('COPY --from=node-dependencies /app/node_modules')
  })

  test('has no node_modules where all is for developing', async () => {
    const tree = app({ dependencies: {}, devDependencies: { typescript: '5' } })
    expect(await dockerfileOf(tree)).not.toContain('/app/node_modules /app/node_modules')
  })
})

describe('what is there before the dependencies are installed', () => {
  const copied = async (tree: Tree) =>
    /^COPY src\/(?!\s).*(?=\nRUN .*(npm|yarn|pnpm) )/m.exec(await dockerfileOf(tree))?.[0]

  test('are the manifests and the settings of the package manager, not the sources', async () => {
    expect(await copied(app({}, { '.npmrc': '', 'src/index.ts': '' }))).toBe(
      'COPY src/.npmrc src/package-lock.json src/package.json ./',
    )
  })

  test('are patches', async () => {
    const tree = app({ scripts: { ...APP.scripts, postinstall: 'patch-package' } }, { 'patches/x+1.0.0.patch': '' })
    expect(await dockerfileOf(tree)).toContain('COPY src/patches/x+1.0.0.patch patches/')
  })

  test('is Prisma’s schema, and its client is made with them', async () => {
    const dependencies = { '@prisma/client': '6' }
    const tree = app({ dependencies, devDependencies: { prisma: '6' } }, { 'prisma/schema.prisma': '' })
    const dockerfile = await dockerfileOf(tree)
    expect(dockerfile).toContain('COPY src/prisma/schema.prisma prisma/')
    expect(dockerfile).toMatch(/npm ci && .*npx prisma generate/)
    expect(dockerfile.match(/install -y --no-install-recommends ca-certificates openssl/g)).toHaveLength(2)
  })

  test('are all manifests where a script installs in other folders', async () => {
    const scripts = { ...APP.scripts, postinstall: 'cd client && npm install' }
    const { extraFiles } = await recipeFor(
      app({ scripts }, { 'client/package.json': {}, 'client/package-lock.json': '{}' }),
    )
    expect(extraFiles?.manifests).toBe(
      'client/package-lock.json\nclient/package.json\npackage-lock.json\npackage.json\n',
    )
  })

  test.each([
    'husky',
    'husky install || true',
    'npx only-allow pnpm',
    'is-ci || husky',
    'patch-package',
    'npm run hooks',
  ])('is nothing more for the script “%s”', async (prepare) => {
    const tree = app({ scripts: { ...APP.scripts, prepare, hooks: 'lefthook install' } })
    expect((await choose(tree)).notes).toEqual([])
  })

  test('is the file with which husky recommends to leave it out', async () => {
    const scripts = { ...APP.scripts, prepare: 'node .husky/install.mjs' }
    expect(await dockerfileOf(app({ scripts }, { '.husky/install.mjs': '' }))).toContain(
      'COPY src/.husky/install.mjs .husky/',
    )
  })

  test.each(['node scripts/setup.js', 'tsc', 'npm run build', 'make'])(
    'is everything for the script “%s”, which may read it',
    async (postinstall) => {
      const { recipe, notes } = await choose(app({ scripts: { ...APP.scripts, postinstall } }))
      expect(recipe.dockerfile).toMatch(/AS node-dependencies\nCOPY src\/ \.\/\n/)
      expect(notes.join()).toMatch(/The postinstall script may read/)
    },
  )

  test('is a dependency that lies in the repository', async () => {
    const tree = app({ dependencies: { x: 'file:./vendor/x' } }, { 'vendor/x/package.json': {}, 'vendor/x/a.js': '' })
    expect(await dockerfileOf(tree)).toContain('COPY src/vendor/x/a.js src/vendor/x/package.json vendor/x/')
  })

  test('are the variables that it reads, and no others: each change of theirs installs anew', async () => {
    const env = ['NPM_TOKEN', 'PRIVATE', 'VITE_NAME', 'NODE_ENV'].map(variable)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm fills it in
    const dockerfile = await dockerfileOf(app({}, { '.npmrc': '//npm.example/:_authToken=${PRIVATE}' }), env)
    const [dependencies = '', build = ''] = dockerfile.split('AS build')
    expect(dependencies.match(/^ARG .*/gm)).toEqual(['ARG NPM_TOKEN', 'ARG PRIVATE'])
    expect(build.match(/^ARG .*/gm)).toHaveLength(4)
  })

  test('is what the user’s own command may read', async () => {
    const installing = async (installCommand: string) =>
      (await recipeFor(app(), { overrides: { installCommand } })).dockerfile
    expect(await installing('./setup.sh')).toMatch(/AS node-dependencies\nCOPY src\/ \.\//)
    expect(await installing('npm install --legacy-peer-deps')).not.toMatch(/AS node-dependencies\nCOPY src\/ \.\//)
  })
})

describe('Debian packages', () => {
  const packagesOf = async (tree: Tree) => /recommends (.+?) &&/.exec(await dockerfileOf(tree))?.[1]

  test('are a compiler for native code, which the final image does without', async () => {
    const dockerfile = await dockerfileOf(app({ dependencies: { bcrypt: '5' } }))
    expect(dockerfile.match(/apt-get install/g)).toHaveLength(1)
    expect(dockerfile).toMatch(/AS node-dependencies\nRUN .*g\+\+ make python3/)
    expect(dockerfile).toContain('npm_config_nodedir=/usr/local')
  })

  test.each<[string, Tree]>([
    ['npm', { 'package-lock.json': '{\n  "packages": {\n    "node_modules/a/node_modules/sqlite3": {\n' }],
    ['Yarn', { 'yarn.lock': 'sqlite3@^5.0.0:\n  version "5.1.7"\n' }],
    ['pnpm', { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n\npackages:\n\n  sqlite3@5.1.7:\n" }],
    ['Bun', { 'bun.lock': '{\n  "packages": {\n    "sqlite3": ["sqlite3@5.1.7", "", {}, "sha512"],\n' }],
  ])('are found by what the lock file of %s brings along', async (_name, lock) => {
    const tree = { 'package.json': { ...APP, devDependencies: {} }, ...lock }
    expect(await packagesOf(tree)).toBe('g++ make python3')
  })

  test('are not needed for what others only could use', async () => {
    const lock = '{ "packages": { "node_modules/drizzle-orm": { "peerDependencies": { "better-sqlite3": ">=7" } } } }'
    expect(
      await packagesOf({ 'package.json': APP, 'package-lock.json': JSON.stringify(JSON.parse(lock), null, 2) }),
    ).toBeUndefined()
  })

  test('are Git for dependencies that come from it', async () => {
    expect(await packagesOf(app({ dependencies: { x: 'github:acme/x' } }))).toContain('git')
    expect(await packagesOf(app({ dependencies: { x: 'acme/x#main' } }))).toContain('git')
    expect(await packagesOf(app({ dependencies: { x: 'npm:@acme/x@1' } }))).toBeUndefined()
  })
})
