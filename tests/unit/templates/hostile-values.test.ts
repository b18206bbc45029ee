import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { AppError } from '../../../server/errors.ts'
import { choose, type Tree } from '../../support/tree.ts'

/** What a repository can write where something else is expected; the last ones cannot even be made a text of. */
const WRONG: unknown[] = [
  null,
  5,
  true,
  'constructor',
  [],
  [null],
  [5],
  {},
  { a: null },
  { toString: 'x', valueOf: 'x' },
]

/** Manifests with all that is read of them, beside the files that make their template look there. */
const MANIFESTS: [title: string, file: string, manifest: object, beside: Tree][] = [
  [
    'package.json of an app',
    'package.json',
    {
      name: 'app',
      type: 'module',
      main: 'index.js',
      bin: { app: 'index.js' },
      homepage: '/app/',
      scripts: { start: 'npm run serve', serve: 'node index.js', build: 'tsc', prestart: 'echo', postinstall: 'echo' },
      dependencies: { express: '1', prisma: '1', lib: 'file:./lib' },
      devDependencies: { typescript: '5', 'react-scripts': '4' },
      optionalDependencies: { sharp: '1' },
      peerDependencies: { react: '1' },
      packageManager: 'pnpm@9.0.0',
      engines: { node: '22', pnpm: '9', bun: '1' },
      devEngines: { runtime: [{ name: 'node', version: '22' }], packageManager: { name: 'pnpm', version: '9' } },
      volta: { node: '22.1.0', pnpm: '9.0.0' },
      pnpm: { onlyBuiltDependencies: ['x'] },
      prisma: { schema: 'schema.prisma' },
    },
    { 'index.js': '', 'pnpm-lock.yaml': '', 'lib/package.json': {}, 'schema.prisma': '' },
  ],
  [
    'package.json of a workspace',
    'package.json',
    { name: 'top', workspaces: { packages: ['apps/*'] }, scripts: { start: 'x' }, dependencies: { turbo: '1' } },
    { 'apps/a/package.json': { name: 'a', scripts: { build: 'tsc', start: 'node a.js' } }, 'turbo.json': '{}' },
  ],
  [
    'package.json of a member',
    'apps/a/package.json',
    { name: 'a', scripts: { build: 'tsc', start: 'node a.js' }, dependencies: { b: '1' } },
    { 'package.json': { workspaces: ['apps/*'] }, 'apps/b/package.json': { name: 'b' } },
  ],
  [
    'angular.json',
    'angular.json',
    {
      defaultProject: 'a',
      projects: {
        a: {
          projectType: 'application',
          architect: {
            build: {
              builder: '@angular/build:application',
              options: {
                outputPath: { base: 'dist', browser: 'b', server: 's' },
                baseHref: '/',
                ssr: true,
                server: 'x',
              },
              configurations: { production: { outputMode: 'server' } },
            },
          },
        },
      },
    },
    { 'package.json': { scripts: { build: 'ng build' }, dependencies: { '@angular/core': '1' } } },
  ],
  [
    'nest-cli.json',
    'nest-cli.json',
    { monorepo: true, root: 'apps/a', entryFile: 'main', projects: {} },
    { 'package.json': { dependencies: { '@nestjs/core': '1' } } },
  ],
  [
    'tsconfig.json',
    'tsconfig.json',
    { compilerOptions: { outDir: 'dist' } },
    { 'package.json': { main: 'dist/index.js', dependencies: { typescript: '5' } } },
  ],
  [
    'project.json of Nx',
    'apps/a/project.json',
    { name: 'a', projectType: 'application' },
    { 'package.json': { scripts: { start: 'nx serve' } }, 'nx.json': {} },
  ],
  [
    'deno.json',
    'deno.json',
    { tasks: { start: { command: 'deno run main.ts' }, build: 'x' }, imports: {}, workspace: ['a'], lock: true },
    { 'main.ts': 'Deno.serve()' },
  ],
  [
    'package.json of Bun',
    'package.json',
    { main: 'a.ts', module: 'b.ts', scripts: { start: 'bun index.ts', dev: 'bun a.ts' }, engines: { bun: '1' } },
    { 'index.ts': 'Bun.serve({})', 'bun.lock': '' },
  ],
  [
    'composer.json',
    'composer.json',
    {
      type: 'project',
      require: { php: '^8.1', 'ext-intl': '*', 'symfony/framework-bundle': '*' },
      provide: { 'ext-uuid': '*' },
      replace: { x: '*' },
      scripts: { 'post-install-cmd': ['x'] },
      config: { platform: { php: '8.2' }, 'vendor-dir': 'v' },
      repositories: [{ type: 'path' }],
    },
    { 'public/index.php': '' },
  ],
  [
    'composer.json of Drupal',
    'composer.json',
    {
      require: { 'drupal/core-recommended': '*' },
      extra: { 'drupal-scaffold': { locations: { 'web-root': 'web/' } } },
    },
    { 'web/index.php': '' },
  ],
  [
    'composer.lock',
    'composer.lock',
    { packages: [{ name: 'a', require: { php: '>=8' }, provide: { 'ext-a': '*' }, replace: {} }] },
    { 'composer.json': {}, 'index.php': '' },
  ],
  ['global.json', 'global.json', { sdk: { version: '8.0.100', rollForward: 'x' } }, webProject()],
  [
    '_config.yml of Jekyll',
    '_config.yml',
    { baseurl: '/x' },
    { Gemfile: "gem 'jekyll'", 'index.html': '', '_layouts/a.html': '' },
  ],
  [
    '_config.yml of Hexo',
    '_config.yml',
    { public_dir: 'p', root: '/' },
    { 'package.json': { dependencies: { hexo: '1' } } },
  ],
  [
    'pnpm-workspace.yaml',
    'pnpm-workspace.yaml',
    { packages: ['apps/*'], catalog: {} },
    { 'package.json': {}, 'pnpm-lock.yaml': '', 'apps/a/package.json': { scripts: { start: 'node a.js' } } },
  ],
  ['.yarnrc.yml', '.yarnrc.yml', { yarnPath: 'y.cjs' }, { 'package.json': { main: 'a.js' }, 'a.js': '', 'y.cjs': '' }],
  [
    'pyproject.toml',
    'pyproject.toml',
    {
      project: {
        name: 'a',
        dependencies: ['fastapi[standard]'],
        dynamic: ['x'],
        'requires-python': '>=3.12',
        scripts: {},
      },
      'build-system': {},
      tool: {
        poetry: { name: 'a', dependencies: { fastapi: { version: '1', extras: ['all'] }, python: '3' }, scripts: {} },
        uv: { sources: { a: [{ path: 'x' }] }, workspace: {} },
        pdm: {},
      },
    },
    { 'main.py': 'from fastapi import FastAPI\nimport metadata\nversion("a")\napp = FastAPI()' },
  ],
  [
    'Pipfile',
    'Pipfile',
    { packages: { flask: { extras: ['a'], git: 'x' }, psycopg: '*' }, requires: { python_version: '3.12' } },
    { 'main.py': 'from flask import Flask\napp = Flask()' },
  ],
  [
    'Cargo.toml',
    'Cargo.toml',
    {
      package: { name: 'a', 'default-run': 'a', autobins: true },
      bin: [{ name: 'a', path: 'src/main.rs' }],
      dependencies: { axum: '1' },
    },
    { 'src/main.rs': '' },
  ],
  [
    'Cargo.toml of a workspace',
    'Cargo.toml',
    { workspace: { members: ['a'], exclude: ['b'], dependencies: {} } },
    { 'a/Cargo.toml': '[package]\nname = "a"', 'a/src/main.rs': '' },
  ],
  [
    'rust-toolchain.toml',
    'rust-toolchain.toml',
    { toolchain: { channel: '1.80', targets: ['x'] } },
    { 'Cargo.toml': '[package]\nname = "a"', 'src/main.rs': '' },
  ],
  [
    'libs.versions.toml',
    'gradle/libs.versions.toml',
    { plugins: { spring: { id: 'org.springframework.boot' }, other: 'a:b' } },
    { 'build.gradle': 'alias(libs.plugins.spring)' },
  ],
  ['mise.toml', 'mise.toml', { tools: { node: '22' } }, { 'package.json': { main: 'a.js' }, 'a.js': '' }],
]

function webProject(): Tree {
  return { 'a.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web"><TargetFramework>net8.0</TargetFramework></Project>' }
}

/** The manifest with one value put in another's place, once for every value in it and for itself. */
function* spoilt(value: unknown, wrong: unknown): Generator<unknown> {
  yield wrong
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value))
    for (const part of spoilt((value as Record<string, unknown>)[key], wrong)) {
      const copy = Array.isArray(value) ? [...value] : { ...value }
      yield Object.assign(copy, { [key]: part })
    }
}

async function written(file: string, manifest: unknown): Promise<string | undefined> {
  if (!/\.toml$|Pipfile/.test(file))
    return file.endsWith('yml') || file.endsWith('yaml') ? stringify(manifest) : JSON.stringify(manifest)
  try {
    return (await import('smol-toml')).stringify(manifest as object)
  } catch {
    // TOML has no null, and is always a table
    return undefined
  }
}

describe('a repository whose files hold other kinds of values than they should', () => {
  test.each(MANIFESTS)(
    '%s is planned, or refused with a sentence',
    { timeout: 60_000 },
    async (_, file, manifest, beside) => {
      const failures: string[] = []
      const texts = new Set<string>()
      for (const wrong of WRONG)
        for (const it of spoilt(manifest, wrong)) {
          const text = await written(file, it)
          if (text !== undefined) texts.add(text)
        }
      for (const text of texts) {
        await choose({ ...beside, [file]: text }).catch((error: Error) => {
          if (!(error instanceof AppError) || error.code === 'internal') failures.push(`${text}\n${error.stack}`)
        })
      }
      expect(failures).toEqual([])
      expect(texts.size).toBeGreaterThan(WRONG.length)
    },
  )
})
