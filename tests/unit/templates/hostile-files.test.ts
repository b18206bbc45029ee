import { describe, expect, test } from 'vitest'
import { AppError } from '../../../server/errors.ts'
import { choose, type Tree } from '../../support/tree.ts'

const MEBIBYTE = 1024 * 1024
/** What is quadratic takes minutes, and what is not a fraction of a second, also on a machine that does other things. */
const LIMIT_MS = 4000

const full = (text: string, begin = '') => (begin + text.repeat(MEBIBYTE / text.length)).slice(0, MEBIBYTE)

async function time(tree: Tree): Promise<number> {
  const begun = performance.now()
  await choose(tree).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error
  })
  return performance.now() - begun
}

const web = 'Sdk="Microsoft.NET.Sdk.Web"'
const spring = { 'pom.xml': '<artifactId>spring-boot-maven-plugin<\nspring-boot-starter-actuator' }

describe('a file of a megabyte that was made to keep the server busy', () => {
  test.each<[file: string, text: string, begin: string, beside: Tree]>([
    ['Procfile', 'a: b\n', '', { 'index.html': '' }],
    ['Procfile', ' ', 'web: a', { 'index.html': '' }],
    ['.nvmrc', 'a ', '', { 'package.json': { main: 'a.js' }, 'a.js': '' }],
    ['_config.yml', '"', '', { Gemfile: "gem 'jekyll'" }],
    ['_config.yml', '! ', '', { Gemfile: "gem 'jekyll'" }],
    ['Gemfile', '\n', '', { 'config.ru': '' }],
    ['Gemfile', ' \n', 'gem "puma"', { 'config.ru': '' }],
    ['Gemfile', '" "', 'ruby "', { 'config.ru': '' }],
    ['mix.exs', '\n', '', {}],
    ['mix.exs', 'a', 'app: :x, mod: {}, releases: [', {}],
    ['pom.xml', '<!--', '', {}],
    ['pom.xml', '<pluginManagement>', '<mainClass>', {}],
    ['pom.xml', '<module>a</module>', '', { 'a/pom.xml': full(' ', '<mainClass>') }],
    ['build.gradle', '/*', '', {}],
    ['build.gradle', ' ', 'id', {}],
    ['build.gradle', 'a', 'id "application"\njvmTarget', {}],
    ['build.gradle', '\n', 'sourceCompatibility', {}],
    ['settings.gradle', 'include "a",\n', '', { 'build.gradle': "id 'application'" }],
    ['src/main/resources/application.yml', ' \n', 'management:\n', spring],
    ['src/main/resources/application.yml', '  a\n', 'management:\n', spring],
    ['a.csproj', '<!--', web, {}],
    ['go.mod', '\n', '', { 'main.go': 'package main\nfunc main() {' }],
    ['rust-toolchain', '\n', '[toolchain]', { 'Cargo.toml': '[package]\nname = "a"', 'src/main.rs': '' }],
    ['style.css', '\n', '', { 'index.php': '' }],
    ['plugin.php', '\n', '', { 'index.php': '' }],
    ['main.ts', 'export default {', '', { 'deno.json': { imports: {} } }],
    ['index.ts', 'export default {', '', { 'bun.lock': '' }],
    ['Dockerfile', '\n', '', {}],
    ['Dockerfile', '\\ ', 'FROM a', {}],
    ['Dockerfile', 'FROM a AS a\n', '', {}],
  ])('%s full of %j after %j is done with soon', { timeout: 60_000 }, async (file, text, begin, beside) => {
    expect(await time({ ...beside, [file]: full(text, begin) })).toBeLessThan(LIMIT_MS)
  })

  test.each<[file: string, tree: (text: string) => Tree]>([
    ['composer.json', (it) => ({ 'index.php': '', 'composer.json': { require: { php: it } } })],
    ['pyproject.toml', (it) => ({ 'main.py': '', 'pyproject.toml': `[project]\nrequires-python = "${it}"` })],
    ['mix.exs', (it) => ({ 'mix.exs': `app: :a, mod: {, elixir: "${it}"` })],
    ['package.json', (it) => ({ 'a.js': '', 'package.json': { main: 'a.js', engines: { node: it } } })],
  ])('a range of a megabyte in %s', { timeout: 60_000 }, async (_, tree) => {
    for (const text of [' ', '1 || ', '~> ', '>=1,'])
      expect(await time(tree(full(text).slice(100)))).toBeLessThan(LIMIT_MS)
  })

  test('a Dockerfile whose stages are made of one another does not end the server', async () => {
    const stages = Array.from({ length: 30_000 }, (_, at) => `FROM s${at} AS s${at + 1}`)
    expect(await time({ Dockerfile: stages.join('\n') })).toBeLessThan(LIMIT_MS)
  })
})

describe('globs of a repository', () => {
  const name = 'a'.repeat(100)
  const member = { [`${name}/package.json`]: { main: 'a.js' }, 'a.js': '' }

  test.each([
    '{a,b}'.repeat(30),
    '{{a,b},{c,{d,{e,f}}}}'.repeat(9),
    '{1..999999}',
    '*a'.repeat(30),
    '+(a|aa|a*)b',
    '*(a|a)b',
    '!(a|+(a|a))b',
    '**/'.repeat(60),
  ])('%s in `workspaces` matches nothing, and soon', { timeout: 60_000 }, async (glob) => {
    expect(await time({ ...member, 'package.json': { main: 'a.js', workspaces: [glob] } })).toBeLessThan(LIMIT_MS)
  })

  test('many of them, over many files, do not hold up the server', { timeout: 60_000 }, async () => {
    const files = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`packages/p${at}/package.json`, '{}']))
    const workspaces = Array.from({ length: 20_000 }, (_, at) => `packages/*${at}`)
    expect(await time({ ...files, 'package.json': { main: 'a.js', workspaces }, 'a.js': '' })).toBeLessThan(LIMIT_MS)
  })

  test('usual ones find what they always found', async () => {
    const app = { scripts: { start: 'node a.js' } }
    for (const glob of ['apps/*', './apps/*/', 'apps/**', '{apps,libs}/*', 'app?/*', 'apps/[a-z]eb']) {
      const { recipe } = await choose({
        'package.json': { workspaces: [glob] },
        'apps/web/package.json': { name: 'web', ...app },
      })
      expect(recipe.dockerfile, glob).toContain('WORKDIR /app/apps/web')
    }
  })
})
