import { describe, expect, test } from 'vitest'
import type { EnvVariable } from '../../../server/db/deployments.ts'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const env = (...keys: string[]): EnvVariable[] =>
  keys.map((key) => ({ key, value: 'x', secret: true, buildTime: true }))

type Parts = { project?: string; deps?: string[]; more?: string; mod?: string }

/** A mix.exs as mix makes it. */
const mixExs = ({
  project = 'app: :shop, elixir: "~> 1.15"',
  deps = [],
  more = '',
  mod = 'mod: {Shop.Application, []}, ',
}: Parts = {}) =>
  `defmodule Shop.MixProject do
  use Mix.Project

  def project do
    [${project}, version: "0.1.0", start_permanent: Mix.env() == :prod, deps: deps()]
  end

  def application do
    [${mod}extra_applications: [:logger, :runtime_tools]]
  end

  # {:dep_from_hexpm, "~> 0.3.0"},
  defp deps do
    [${deps.join(', ')}]
  end
${more}end
`
const ALIASES =
  '  defp aliases do\n    ["assets.deploy": ["tailwind shop --minify", "esbuild shop --minify", "phx.digest"]]\n  end\n'
const PHOENIX_DEPS = [
  '{:phoenix, "~> 1.8"}',
  '{:ecto_sql, "~> 3.13"}',
  '{:bandit, "~> 1.5"}',
  '{:esbuild, "~> 0.10", runtime: Mix.env() == :dev}',
]
const PHOENIX: Tree = {
  'mix.exs': mixExs({ deps: PHOENIX_DEPS, more: ALIASES }).replace(/ {2}defp aliases[\s\S]*?end\n/, ALIASES),
  'mix.lock': '%{}',
  'config/config.exs': 'import Config',
  'config/prod.exs': 'import Config',
  'config/dev.exs': 'import Config',
  'config/runtime.exs': 'import Config',
  'assets/js/app.js': '',
}
const commandsOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).commands
const imagesOf = async (tree: Tree) =>
  [...((await recipeFor(tree)).dockerfile ?? '').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)

test('what an application starts by itself becomes a release, and needs no Hex without dependencies', async () => {
  const { recipe, notes } = await choose({ 'mix.exs': mixExs(), 'lib/shop.ex': '' })
  expect(recipe).toMatchObject({
    template: 'elixir',
    framework: 'Elixir',
    port: 4000,
    healthPath: '/',
    commands: { build: 'mix release --path /release', start: '/release/bin/shop start' },
  })
  expect(recipe.commands).not.toHaveProperty('install')
  expect(notes).toEqual([expect.stringContaining('PORT')])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/elixir.Dockerfile')
})

describe('Phoenix', () => {
  test('builds its assets, serves, and is told what it needs', async () => {
    const { recipe, notes } = await choose(PHOENIX)
    expect(recipe).toMatchObject({
      framework: 'Phoenix',
      port: 4000,
      commands: {
        install: 'mix deps.get --only prod && mix deps.compile',
        build: 'mix compile && mix assets.deploy && mix release --path /release',
        start: '/release/bin/shop start',
      },
    })
    expect(notes.join('\n')).toMatch(
      /SECRET_KEY_BASE[\s\S]*PHX_HOST[\s\S]*DATABASE_URL[\s\S]*release command[\s\S]*downloads/,
    )
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/elixir-phoenix.Dockerfile')
  })

  test('what is set is not asked for', async () => {
    const set = env('SECRET_KEY_BASE', 'PHX_HOST', 'DATABASE_URL')
    const { notes } = await choose(PHOENIX, { env: set, overrides: { releaseCommand: '/release/bin/migrate' } })
    expect(notes).toEqual([expect.stringContaining('downloads')])
  })

  test('a change of what is read when it starts compiles no dependency again', async () => {
    const { dockerfile = '' } = await recipeFor(PHOENIX)
    expect(dockerfile).toContain('COPY src/config/config.exs src/config/prod.exs ./config/')
    expect(dockerfile.split('COPY src/ .')).toEqual([expect.stringContaining('mix deps.compile'), expect.anything()])
  })

  test('packages for its assets come with the Node that is lent', async () => {
    const tree = {
      ...PHOENIX,
      'assets/package.json': { dependencies: { topbar: '^3' } },
      'assets/package-lock.json': {},
    }
    const recipe = await recipeFor(tree)
    expect(recipe).toMatchObject({ template: 'elixir', framework: 'Phoenix' })
    expect(recipe.dockerfile).toContain('COPY --from=node-dependencies /app/assets/node_modules assets/node_modules')
  })

  test('an umbrella needs a release that says what is started', async () => {
    const apps = { 'apps/shop_web/mix.exs': mixExs({ deps: ['{:phoenix, "~> 1.8"}', '{:shop, in_umbrella: true}'] }) }
    const top = (more: string) => mixExs({ project: `apps_path: "apps"${more}`, mod: '' })
    await expect(recipeFor({ ...apps, 'mix.exs': top('') })).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringContaining('releases:'),
    })
    const releases = ', releases: [all: [applications: [shop_web: :permanent], include_executables_for: [:unix]]]'
    const recipe = await recipeFor({ ...apps, 'mix.exs': top(releases) })
    expect(recipe).toMatchObject({ framework: 'Phoenix (umbrella)', commands: { start: '/release/bin/all start' } })
    expect(recipe.dockerfile).toContain('COPY src/apps/shop_web/mix.exs ./apps/shop_web/')
  })
})

describe('what is started', () => {
  test.each([
    ['bandit', 'Elixir (Bandit)'],
    ['plug_cowboy', 'Elixir (Plug)'],
  ])('an app with %s', async (name, framework) => {
    const tree = { 'mix.exs': mixExs({ deps: [`{:${name}, "~> 1.0"}`] }) }
    expect(await recipeFor(tree)).toMatchObject({
      framework,
      commands: { install: expect.stringContaining('deps.get') },
    })
  })

  test('the release that is called like the app, of several', async () => {
    const releases = (names: string) => mixExs({ project: `app: :shop, releases: [${names}]` })
    expect(
      await commandsOf({ 'mix.exs': releases('shop: [], worker: [applications: [a: :permanent]]') }),
    ).toMatchObject({
      build: 'mix release shop --path /release',
      start: '/release/bin/shop start',
    })
    await expect(recipeFor({ 'mix.exs': releases('api: [], worker: []') })).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringContaining('api, worker'),
    })
  })

  test('a Procfile that calls mix to serve means the release', async () => {
    for (const web of ['mix phx.server', 'MIX_ENV=prod elixir --name a@b -S mix phx.server', 'mix run --no-halt']) {
      const { recipe, notes } = await choose({ ...PHOENIX, Procfile: `web: ${web}` })
      expect(recipe.commands.start).toBe('/release/bin/shop start')
      expect(notes.join()).toContain('the release is started in its place')
    }
  })

  test('where another command calls mix, mix goes along', async () => {
    const tree = { ...PHOENIX, Procfile: 'web: mix phx.server\nrelease: mix ecto.migrate' }
    const recipe = await recipeFor(tree)
    expect(recipe.commands).toMatchObject({ start: '/release/bin/shop start', release: 'mix ecto.migrate' })
    expect(await imagesOf(tree)).toEqual(['elixir:1.18-slim', 'elixir:1.18-slim'])
    expect(recipe.dockerfile).toContain('COPY --from=build --chown=app:app /app /app')
    expect(await imagesOf(PHOENIX)).toEqual(['elixir:1.18-slim', 'debian:bookworm-slim'])
  })

  test('dependencies that lie in the repository need the sources first', async () => {
    const { dockerfile = '' } = await recipeFor({
      'mix.exs': mixExs({ deps: ['{:core, path: "core"}'] }),
      'core/mix.exs': '',
    })
    expect(dockerfile.split('COPY src/ .')[1]).toContain('mix deps.get')
  })

  test('a library is a question', async () => {
    await expect(recipeFor({ 'mix.exs': mixExs({ mod: '' }), 'lib/shop.ex': '' })).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(/starts nothing.*library/),
    })
  })
})

describe('the version of Elixir', () => {
  const asked = (elixir: string): Tree => ({ 'mix.exs': mixExs({ project: `app: :shop, elixir: "${elixir}"` }) })
  const SHOP = asked('~> 1.15')

  test.each<[string, Tree, string, string]>([
    ['the default where mix.exs admits it', SHOP, '1.18', 'bookworm'],
    ['a lower one where it does not', asked('>= 1.14.0 and < 1.17.0'), '1.16', 'bookworm'],
    ['the line of a narrow range', asked('~> 1.15.2'), '1.15', 'bookworm'],
    ['a newer one that is asked for, on the Debian it is made of', asked('~> 1.20'), '1.20', 'trixie'],
    [
      'that of .tool-versions',
      { ...SHOP, '.tool-versions': 'erlang 26.2.1\nelixir 1.17.3-otp-26\n' },
      '1.17.3-otp-26',
      'bookworm',
    ],
    ['with another Erlang', { ...SHOP, '.tool-versions': 'erlang 27.1\nelixir 1.20\n' }, '1.20-otp-27', 'bookworm'],
    ['with the usual Erlang', { ...SHOP, '.tool-versions': 'erlang 27.2\nelixir 1.18.2\n' }, '1.18.2', 'bookworm'],
  ])('%s', async (_what, tree, tag, debian) => {
    expect(await imagesOf(tree)).toEqual([`elixir:${tag}-slim`, `debian:${debian}-slim`])
  })

  test('one that there is no image of is said, and kept out of the Dockerfile', async () => {
    const { recipe, notes } = await choose({ ...SHOP, '.tool-versions': 'elixir main@{evil}\n' })
    expect(recipe.dockerfile).not.toContain('evil')
    expect(notes).toContainEqual(expect.stringContaining('main@{evil}'))
  })
})
