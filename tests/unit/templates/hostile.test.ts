import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../server/errors.ts'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

/** All that our Dockerfiles are made of. */
const INSTRUCTION = /^(FROM|ARG|ENV|WORKDIR|COPY|RUN|USER|EXPOSE|CMD|ENTRYPOINT|STOPSIGNAL)(\s|$)/
const MARK = 'EVIL'
/** What may not mean anything where it stands: each would begin an instruction, a variable, a path or a directive. */
const hostile = fc.constantFrom(
  `x\nRUN ${MARK}`,
  `x\r\nCOPY ${MARK} /`,
  `x\\\nFROM ${MARK}`,
  `"]\nUSER ${MARK}`,
  `${MARK}"`,
  `'${MARK}`,
  `$${MARK}`,
  `\${${MARK}}`,
  `$(${MARK})`,
  `../../${MARK}`,
  `/${MARK}`,
  `a/../../${MARK}`,
  `${MARK}*`,
  `x ${MARK}`,
  `--from=${MARK}`,
  `<<${MARK}`,
  `# syntax=${MARK}`,
  `1.2.3\n${MARK}`,
  `1.2.3-${MARK} AS x`,
  `x; ${MARK} {`,
  `${MARK}\u2028x`,
  `{{ ${MARK} }}{% ${MARK} %}`,
)
/** Of each field; all of them together try each text many times. */
const RUNS = 8

/** The same as a name in a tree: no file is called like these. */
const fileName = hostile.filter((it) => !/[/]/.test(it))

const json = (make: (evil: string) => object) => (evil: string) => JSON.stringify(make(evil))
const toml = (text: string) => (evil: string) => text.replace('X', JSON.stringify(evil))
const asIs = (text: string) => (evil: string) => text.replace('X', evil)

const FRAMEWORKS =
  'next nuxt @sveltejs/kit @react-router/dev @react-router/serve @remix-run/dev astro @tanstack/react-start nitro @nestjs/core @adonisjs/core gatsby @docusaurus/core @11ty/eleventy vike vite react-scripts @vue/cli-service vitepress parcel express'.split(
    ' ',
  )
const CONFIGURED: [file: string, framework: string, keys: string[]][] = [
  ['next.config.js', 'next', ['distDir', 'basePath', 'output']],
  ['svelte.config.js', '@sveltejs/kit', ['out', 'pages', 'fallback', 'base']],
  ['react-router.config.ts', '@react-router/dev', ['buildDirectory', 'basename']],
  ['vite.config.ts', '@remix-run/dev', ['buildDirectory']],
  ['astro.config.mjs', 'astro', ['outDir', 'base']],
  ['nuxt.config.ts', 'nuxt', ['preset', 'baseURL']],
  ['vite.config.ts', 'nitro', ['preset']],
  ['vite.config.ts', 'vite', ['root', 'outDir', 'base']],
  ['vue.config.js', '@vue/cli-service', ['outputDir', 'publicPath']],
  ['docusaurus.config.js', '@docusaurus/core', ['baseUrl']],
  ['.eleventy.js', '@11ty/eleventy', ['output', 'pathPrefix']],
]
const PAGES = { 'index.html': '<p>', 'src/app.html': '', 'main.js': '' }

/** A file with a hostile text in one of the fields that templates read, and what makes a template read it. */
const FIELDS: [file: string, write: (evil: string) => string, beside: Tree][] = [
  ...['name', 'main', 'type', 'packageManager', 'homepage', 'bin'].map((key): (typeof FIELDS)[0] => [
    'package.json',
    json((it) => ({ [key]: it, scripts: { start: 'node a.js', build: 'react-scripts build' } })),
    { 'a.js': '' },
  ]),
  ...['start', 'build', 'prestart', 'postinstall', 'start:prod'].map((key): (typeof FIELDS)[0] => [
    'package.json',
    json((it) => ({ scripts: { start: 'node a.js', [key]: it }, dependencies: { express: '1' } })),
    { 'a.js': '' },
  ]),
  ...['npm', 'pnpm', 'yarn', 'bun', 'node'].map((key): (typeof FIELDS)[0] => [
    'package.json',
    json((it) => ({ main: 'a.js', engines: { [key]: it }, packageManager: `${key}@${it}`, volta: { [key]: it } })),
    {
      'a.js': '',
      ...(key === 'pnpm' && { 'pnpm-lock.yaml': '' }),
      ...(key === 'yarn' && { 'yarn.lock': '__metadata:' }),
    },
  ]),
  [
    'package.json',
    json((it) => ({ main: 'a.js', dependencies: { [it]: it, b: `file:${it}`, c: `git+${it}` } })),
    { 'a.js': '' },
  ],
  [
    'package.json',
    json((it) => ({ workspaces: [it, 'apps/*'] })),
    { 'apps/a/package.json': { scripts: { start: 'node a' } } },
  ],
  [
    'apps/a/package.json',
    json((it) => ({ name: it, scripts: { start: 'node a', build: it }, dependencies: { [it]: '*' } })),
    {
      'package.json': { workspaces: ['apps/*'], dependencies: { turbo: '2' } },
      'turbo.json': {},
      'pnpm-lock.yaml': '',
    },
  ],
  ['pnpm-workspace.yaml', json((it) => ({ packages: [it] })), { 'package.json': { main: 'a.js' }, 'a.js': '' }],
  ['.yarnrc.yml', json((it) => ({ yarnPath: it })), { 'package.json': { main: 'a.js' }, 'a.js': '' }],
  ['package-lock.json', asIs('    "node_modules/X": {'), { 'package.json': { main: 'a.js' }, 'a.js': '' }],
  ...['.nvmrc', '.node-version', '.tool-versions'].map((file): (typeof FIELDS)[0] => [
    file,
    asIs(file === '.tool-versions' ? 'nodejs X' : 'X'),
    { 'package.json': { main: 'a.js' }, 'a.js': '' },
  ]),
  ...CONFIGURED.flatMap(([file, framework, keys]) =>
    keys.map((key): (typeof FIELDS)[0] => [
      file,
      (it) =>
        `export default { ssr: false, ${key}: \`${it}\`, app: { ${key}: '${it}' }, build: { ${key}: \`${it}\` }, adapter: '@sveltejs/adapter-static' }`,
      { ...PAGES, 'package.json': { dependencies: { [framework]: '5', '@react-router/serve': '7' } } },
    ]),
  ),
  ...FRAMEWORKS.map((framework): (typeof FIELDS)[0] => [
    'package.json',
    json((it) => ({
      dependencies: { [framework]: '5' },
      scripts: {
        build: `vite build --outDir=${it} --base=${it} && BUILD_PATH=${it} --dest ${it} --output ${it}`,
        start: `serve ${it}`,
      },
    })),
    { ...PAGES, [`src/${MARK}`]: '' },
  ]),
  [
    'angular.json',
    json((it) => ({
      projects: {
        [it]: { architect: { build: { options: { outputPath: { base: it, browser: it }, baseHref: it } } } },
      },
    })),
    { 'package.json': { dependencies: { '@angular/core': '1' } } },
  ],
  [
    'nest-cli.json',
    json((it) => ({ monorepo: true, root: it, entryFile: it })),
    { 'package.json': { dependencies: { '@nestjs/core': '1' } } },
  ],
  ['_config.yml', json((it) => ({ public_dir: it, root: it })), { 'package.json': { dependencies: { hexo: '1' } } }],
  ['_config.yml', json((it) => ({ baseurl: it })), { Gemfile: "gem 'jekyll'" }],
  ['Procfile', asIs('web: X\nrelease: X'), { 'index.php': '' }],
  ['Procfile', asIs('web: heroku-php-apache2 X'), { 'index.php': '' }],
  ['Procfile', asIs('web: bin/X'), { 'go.mod': 'module a', 'main.go': 'package main\nfunc main() {' }],
  ['Procfile', asIs('web: cargo run --bin X -- X'), { 'Cargo.toml': '[package]\nname = "a"', 'src/main.rs': '' }],
  [
    'composer.json',
    json((it) => ({ require: { php: it, [`ext-${it}`]: it }, config: { platform: { php: it } } })),
    { 'index.php': '' },
  ],
  [
    'composer.json',
    json((it) => ({
      require: { 'drupal/core-recommended': '*' },
      extra: { 'drupal-scaffold': { locations: { 'web-root': it } } },
    })),
    {},
  ],
  ['.php-version', asIs('X'), { 'index.php': '' }],
  ['.env', asIs('DB_CONNECTION=X'), { artisan: '', 'composer.json': {}, 'public/index.php': '' }],
  ['Gemfile', asIs('ruby "X"\ngem "puma"\ngem "X"'), { 'config.ru': '' }],
  [
    'Gemfile.lock',
    asIs('PLATFORMS\n  X\n\nBUNDLED WITH\n  X\nRUBY VERSION\n   ruby X'),
    { 'config.ru': '', Gemfile: 'gem "puma"' },
  ],
  ['.ruby-version', asIs('X'), { 'config.ru': '', Gemfile: 'gem "puma"' }],
  ['config/routes.rb', asIs('get "X" => "rails/health#show"'), { Gemfile: "gem 'rails'", 'config/application.rb': '' }],
  [
    'pyproject.toml',
    toml('[project]\nname = "a"\nrequires-python = X\n'),
    { 'main.py': 'from flask import Flask\napp = Flask()', 'requirements.txt': 'flask' },
  ],
  [
    'pyproject.toml',
    toml('[project]\nname = "a"\ndependencies = [X, "flask"]\n'),
    { 'main.py': 'from flask import Flask\napp = Flask()' },
  ],
  ['requirements.txt', asIs('flask\n-r X\n-e X\nX'), { 'main.py': 'from flask import Flask\napp = Flask()' }],
  ['.python-version', asIs('X'), { 'main.py': 'from flask import Flask\napp = Flask()', 'requirements.txt': 'flask' }],
  ['manage.py', asIs("'DJANGO_SETTINGS_MODULE', 'X'"), { 'requirements.txt': 'django', 'a/wsgi.py': '' }],
  ['mix.exs', asIs('app: :X, elixir: "X", releases: [X: [], b: []], mod: {A, []}'), {}],
  ['.elixir-version', asIs('X'), { 'mix.exs': 'app: :a, mod: {' }],
  ['pom.xml', asIs('<module>X</module><java.version>X</java.version><mainClass>X</mainClass>'), {}],
  ['settings.gradle', asIs('include "X"'), { 'build.gradle': 'id "application"\nsourceCompatibility = "X"' }],
  ['system.properties', asIs('java.runtime.version=X'), { 'pom.xml': '<mainClass>a' }],
  [
    'src/main/resources/application.properties',
    asIs('server.servlet.context-path=X'),
    { 'pom.xml': '<artifactId>spring-boot-maven-plugin< spring-boot-starter-actuator' },
  ],
  [
    'a.csproj',
    asIs('Sdk="Microsoft.NET.Sdk.Web"<TargetFramework>X</TargetFramework><AssemblyName>X</AssemblyName>'),
    {},
  ],
  ['global.json', json((it) => ({ sdk: { version: it } })), { 'a.csproj': 'Sdk="Microsoft.NET.Sdk.Web"' }],
  ['go.mod', asIs('module X\ngo X\ntoolchain goX'), { 'main.go': 'package main\nfunc main() {' }],
  ['.go-version', asIs('X'), { 'go.mod': 'module a', 'main.go': 'package main\nfunc main() {' }],
  [
    'Cargo.toml',
    toml('[package]\nname = "a"\ndefault-run = X\n[[bin]]\nname = X\npath = "src/main.rs"'),
    { 'src/main.rs': '' },
  ],
  ['rust-toolchain', asIs('X'), { 'Cargo.toml': '[package]\nname = "a"', 'src/main.rs': '' }],
  ['deno.json', json((it) => ({ tasks: { start: it, build: it, [it]: it }, imports: {} })), { 'main.ts': '' }],
  ['.dvmrc', asIs('X'), { 'deno.json': {}, 'main.ts': 'Deno.serve' }],
  ['.bun-version', asIs('X'), { 'index.ts': 'Bun.serve()' }],
  ['_redirects', asIs('/* X 200'), PAGES],
  ['mkdocs.yml', asIs('site_dir: X\ntheme: X'), {}],
  [
    'slipway.json',
    json((it) => ({ startCommand: it, buildCommand: it, installCommand: it, releaseCommand: it })),
    { 'package.json': {} },
  ],
  ['slipway.json', json((it) => ({ outputDir: it })), { 'index.php': '' }],
  ['slipway.json', json((it) => ({ env: { [it]: it }, buildArgs: { [it]: it } })), { 'index.php': '' }],
  ['slipway.json', json((it) => ({ template: it, target: it, dockerfile: it, healthPath: it })), { 'index.php': '' }],
]

/** Trees in which a file or folder itself has the hostile name. */
const NAMED: ((evil: string) => Tree)[] = [
  (it) => ({
    'package.json': { workspaces: ['apps/*'] },
    [`apps/${it}/package.json`]: { scripts: { start: 'node a.js' } },
  }),
  (it) => ({
    'package.json': { main: 'a.js', dependencies: { a: `file:./${it}` } },
    'a.js': '',
    [`${it}/package.json`]: {},
  }),
  (it) => ({ 'package.json': { main: it, bin: it }, [it]: '' }),
  (it) => ({
    'package.json': { main: 'a.js', dependencies: { a: '1' } },
    'a.js': '',
    [`patches/${it}`]: '',
    [`prisma/${it}.prisma`]: '',
  }),
  (it) => ({
    'package.json': { main: 'a.js' },
    'a.js': '',
    'yarn.lock': '__metadata:',
    '.yarnrc.yml': { yarnPath: it },
    [it]: '',
    [`.yarn/plugins/${it}`]: '',
  }),
  (it) => ({ [`${it}/package.json`]: { main: 'a.js' }, [`${it}/a.js`]: '' }),
  (it) => ({ 'requirements.txt': `flask\n-r ${it}`, [it]: '', 'main.py': 'from flask import Flask\napp = Flask()' }),
  (it) => ({ 'requirements.txt': 'streamlit', [`${it}.py`]: 'import streamlit as st\nst.title()' }),
  (it) => ({ 'requirements.txt': 'flask', [`${it}/main.py`]: 'from flask import Flask\napp = Flask()' }),
  (it) => ({
    'requirements.txt': 'django',
    [`${it}/manage.py`]: "'DJANGO_SETTINGS_MODULE', 'a.settings'",
    [`${it}/a/wsgi.py`]: '',
  }),
  (it) => ({
    'mix.exs': 'apps_path: app: :a, mod: {',
    [`apps/${it}/mix.exs`]: '',
    [`apps/${it}/config/${it}.exs`]: '',
    [`config/${it}.exs`]: '',
  }),
  (it) => ({ 'go.mod': 'module a', [`cmd/${it}/main.go`]: 'package main\nfunc main() {' }),
  (it) => ({ 'Cargo.toml': '[package]\nname = "a"', [`src/bin/${it}.rs`]: '' }),
  (it) => ({
    'Cargo.toml': '[workspace]\nmembers = ["*"]',
    [`${it}/Cargo.toml`]: '[package]\nname = "a"',
    [`${it}/src/main.rs`]: '',
  }),
  (it) => ({ [`${it}.csproj`]: 'Sdk="Microsoft.NET.Sdk.Web"', [`b/${it}/a.csproj`]: '' }),
  (it) => ({ [`${it}/index.html`]: '', 'assets/a.js': '' }),
  (it) => ({ Gemfile: 'gem "puma"', 'config.ru': '', [`vendor/cache/${it}.gem`]: '' }),
]

/** Lines of the Dockerfile, continued ones as one, without comments and texts in JSON. */
function instructionsOf(dockerfile: string): string[] {
  const lines = dockerfile.split('\n').filter((it) => it.trim() !== '' && !it.startsWith('# '))
  return lines
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/"(?:[^"\\]|\\.)*"/g, '""'))
}

async function expectHarmless(tree: Tree): Promise<boolean> {
  try {
    const { recipe } = await choose(tree)
    const dockerfile = recipe.dockerfile ?? ''
    // the first line is where a parser's directive would be read
    expect(dockerfile.trim().split('\n')[0]).toMatch(/^(FROM |# [a-z])/i)
    expect(dockerfile).not.toMatch(/^\s*#\s*(syntax|escape|check)\s*=/im)
    for (const line of instructionsOf(dockerfile)) {
      expect(line).toMatch(INSTRUCTION)
      if (line.includes(MARK)) expect(line).toMatch(ALLOWED)
    }
    expect(recipe.extraFiles?.['nginx.conf'] ?? '').not.toMatch(new RegExp(`[\\s"';{}$]${MARK}|${MARK}[\\s"'{}$]`))
    expect(Object.keys(recipe.extraFiles ?? {}).join()).not.toContain(MARK)
    expect(recipe.contextFolder).not.toMatch(/(^|\/)\.\.(\/|$)|^\//)
    expect(recipe.healthPath).toMatch(/^\/(?!\/)[\x21-\x7e]*$/)
    return true
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return false
    throw error
  }
}

/** A plain folder or file of that name, where a name of a repository may stand: below ours, without a character that means something. */
const ALLOWED =
  /^((COPY|WORKDIR|ENV|RUN --mount)[ \w@.+/:=,$-]*\/[\w@.+-]*EVIL[\w@.+/ -]*( |$|\/|:)|ENV DJANGO_SETTINGS_MODULE=[\w.]+$)/

describe('text of a repository stays text', () => {
  test.each(FIELDS.map(([file, write, beside], at) => [`${at} ${file}`, file, write, beside] as const))(
    '%s',
    { timeout: 60_000 },
    async (_, file, write, beside) => {
      await fc.assert(
        fc.asyncProperty(hostile, async (evil) => void (await expectHarmless({ ...beside, [file]: write(evil) }))),
        { numRuns: RUNS },
      )
    },
  )

  test.each(NAMED.map((it) => [Object.keys(it('NAME')).join(', '), it] as const))(
    'a name: %s',
    { timeout: 60_000 },
    async (_, make) => {
      await fc.assert(
        fc.asyncProperty(fileName, async (evil) => void (await expectHarmless(make(evil)))),
        { numRuns: RUNS },
      )
    },
  )

  test('and what is no harm is built, so that these tests look at something', async () => {
    for (const [file, write, beside] of FIELDS.slice(0, 5)) {
      expect(await expectHarmless({ ...beside, [file]: write('harmless') }), file).toBe(true)
    }
  })
})

describe('what a repository may not decide', () => {
  test.each(['BUILDKIT_SYNTAX', 'LD_PRELOAD', '__proto__x', 'A B', 'A\nRUN x'])(
    'a variable or argument of the build called %j',
    async (name) => {
      for (const key of ['env', 'buildArgs'])
        await expect(
          recipeFor({ Dockerfile: 'FROM a', 'slipway.json': { [key]: { [name]: 'x' } } }),
        ).rejects.toMatchObject({
          code: 'settings_invalid',
        })
    },
  )

  test.each(['/a\\r\\nHost: evil', 'a\n\nb', '//evil.example', 'https://evil.example/', '@evil.example', '/a b'])(
    'a health path such as %j',
    async (base) => {
      const recipe = await recipeFor({
        'package.json': { dependencies: { next: '15' } },
        'next.config.js': `module.exports = { basePath: \`${base}\` }`,
      })
      expect(recipe.healthPath).toBe('/')
    },
  )
})
