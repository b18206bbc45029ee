import { describe, expect, test } from 'vitest'
import type { EnvVariable } from '../../../server/db/deployments.ts'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const env = (variables: Record<string, string>): EnvVariable[] =>
  Object.entries(variables).map(([key, value]) => ({ key, value, secret: true, buildTime: true }))

const gemfile = (...gems: string[]) =>
  ["source 'https://rubygems.org'", ...gems.map((it) => `gem "${it}"`), ''].join('\n')

/** A lock file of these gems, `name version`. */
const lock = (gems: string[], { platforms = ['ruby', 'x86_64-linux'], end = '' } = {}) =>
  `GEM
  remote: https://rubygems.org/
  specs:
${gems.map((it) => `    ${it.replace(' ', ' (')})\n      dependency-of-it (>= 1)\n`).join('')}
PLATFORMS
${platforms.map((it) => `  ${it}\n`).join('')}
DEPENDENCIES
  ${gems[0]?.split(' ')[0]}
${end}`

const RACK: Tree = {
  Gemfile: gemfile('rack', 'puma'),
  'Gemfile.lock': lock(['rack 3.1.0', 'puma 6.4.0']),
  'config.ru': 'run App',
}
const RAILS: Tree = {
  Gemfile: gemfile('rails', 'pg', 'puma', 'propshaft', 'bootsnap'),
  'Gemfile.lock': lock(['rails 8.0.1', 'pg 1.5.0', 'puma 6.4.0', 'propshaft 1.1.0', 'bootsnap 1.18.0']),
  'config.ru': '',
  'config/application.rb': 'module Shop\n  class Application < Rails::Application',
  'config/routes.rb': 'get "up" => "rails/health#show", as: :rails_health_check',
  'config/credentials.yml.enc': 'x',
  'config/database.yml': '',
  'db/migrate/1_create.rb': '',
}

const dockerfileOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).dockerfile ?? ''
const versionOf = async (tree: Tree) => /^FROM ruby:(\S+)-slim AS gems/m.exec(await dockerfileOf(tree))?.[1]

describe('Rack', () => {
  test('runs with the server among its gems, on the port that is given', async () => {
    const { recipe, notes } = await choose(RACK)
    expect(recipe).toMatchObject({
      template: 'ruby',
      framework: 'Rack (Puma)',
      port: 3000,
      healthPath: '/',
      commands: { install: 'bundle install', start: 'bundle exec puma -b tcp://0.0.0.0:$PORT' },
    })
    expect(notes).toEqual([])
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/ruby.Dockerfile')
  })

  test.each([
    ['unicorn 6.1.0', /unicorn -o 0\.0\.0\.0 -p \$PORT/],
    ['thin 1.8.0', /thin start -a 0\.0\.0\.0 -p \$PORT/],
    ['falcon 0.47.0', /falcon serve --bind http:\/\/0\.0\.0\.0:\$PORT/],
    ['webrick 1.8.1', /rackup -s webrick -o 0\.0\.0\.0 -p \$PORT/],
  ])('with %s', async (server, start) => {
    const recipe = await recipeFor({ ...RACK, 'Gemfile.lock': lock(['rack 3.1.0', server]) })
    expect(recipe.commands.start).toMatch(start)
  })

  test('the Procfile and the settings win, in that order from below', async () => {
    const tree = { ...RACK, Procfile: 'web: bundle exec puma -C config/puma.rb\nrelease: bundle exec rake db:migrate' }
    expect((await recipeFor(tree)).commands).toMatchObject({
      start: 'bundle exec puma -C config/puma.rb',
      release: 'bundle exec rake db:migrate',
    })
    const { commands } = await recipeFor(tree, { overrides: { startCommand: 'bundle exec falcon host' } })
    expect(commands.start).toBe('bundle exec falcon host')
  })

  test('Sinatra with a config.ru is one of Rack, and in its classic form a file that runs', async () => {
    const gems = { Gemfile: gemfile('sinatra', 'puma'), 'Gemfile.lock': lock(['sinatra 4.1.0', 'puma 6.4.0']) }
    expect((await recipeFor({ ...gems, 'config.ru': '' })).framework).toBe('Sinatra (Puma)')
    expect(await recipeFor({ ...gems, 'app.rb': "require 'sinatra'\nget('/') { 'hi' }" })).toMatchObject({
      framework: 'Sinatra',
      commands: { start: 'bundle exec ruby app.rb -o 0.0.0.0 -p $PORT' },
    })
  })

  test('a plain server runs without Bundler', async () => {
    const recipe = await recipeFor({ 'main.rb': 'server = TCPServer.new("0.0.0.0", ENV["PORT"].to_i)' })
    expect(recipe).toMatchObject({ framework: 'Ruby', commands: { start: 'ruby main.rb' } })
    expect(recipe.commands).not.toHaveProperty('install')
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/ruby-plain.Dockerfile')
  })
})

describe('Rails', () => {
  test('compiles its assets without a secret, keeps the compiler out of the image, and answers on /up', async () => {
    const { recipe, notes } = await choose(RAILS)
    expect(recipe).toMatchObject({
      framework: 'Rails',
      healthPath: '/up',
      commands: {
        build: 'SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile',
        start: 'rm -f tmp/pids/server.pid; exec bundle exec rails server -b 0.0.0.0 -p $PORT',
      },
    })
    expect(notes).toEqual([
      expect.stringContaining('RAILS_MASTER_KEY'),
      expect.stringContaining('db:prepare'),
      expect.stringContaining('DATABASE_URL'),
    ])
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/ruby-rails.Dockerfile')
  })

  test('with a Procfile, beside a package.json, is one app, too', async () => {
    const tree = {
      ...RAILS,
      Procfile: 'web: bundle exec puma -C config/puma.rb',
      'package.json': { scripts: { build: 'x' } },
    }
    expect(await recipeFor(tree)).toMatchObject({
      template: 'ruby',
      commands: { start: 'bundle exec puma -C config/puma.rb' },
    })
  })

  test('what is set is not asked for', async () => {
    const set = env({ RAILS_MASTER_KEY: 'x', DATABASE_URL: 'postgres://db' })
    const { notes } = await choose(RAILS, { env: set, overrides: { releaseCommand: 'bin/rails db:prepare' } })
    expect(notes).toEqual([])
  })

  test('with a package.json is one app: its own tools bundle with the Node that is lent', async () => {
    const tree = {
      ...RAILS,
      'Gemfile.lock': lock(['rails 8.0.1', 'propshaft 1.1.0', 'jsbundling-rails 1.3.0']),
      'package.json': { scripts: { build: 'esbuild app/javascript/*.*' }, dependencies: { esbuild: '^0.25' } },
      'yarn.lock': '',
    }
    const recipe = await recipeFor(tree)
    expect(recipe).toMatchObject({ template: 'ruby', framework: 'Rails' })
    expect(recipe.commands.build).not.toContain('yarn run')
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/ruby-rails-jsbundling.Dockerfile')
  })

  test('where no gem bundles the scripts they are built before', async () => {
    const tree = { ...RAILS, 'package.json': { scripts: { build: 'tailwindcss -i a.css' } } }
    expect((await recipeFor(tree)).commands.build).toMatch(/^npm run build && SECRET_KEY_BASE_DUMMY=1 /)
  })

  test('an API has no assets to compile', async () => {
    const tree = { ...RAILS, 'Gemfile.lock': lock(['rails 8.0.1', 'puma 6.4.0']), 'config/routes.rb': '' }
    const recipe = await recipeFor(tree)
    expect(recipe.commands).not.toHaveProperty('build')
    expect(recipe.healthPath).toBe('/')
  })

  test('without a lock file a folder of assets says that there is something to compile', async () => {
    const tree: Tree = { ...RAILS, Gemfile: gemfile('rails', 'puma'), 'app/assets/config/manifest.js': '' }
    delete tree['Gemfile.lock']
    expect((await recipeFor(tree)).commands.build).toMatch(/assets:precompile$/)
  })

  test('before 7.1 any key will do while building', async () => {
    const tree = {
      ...RAILS,
      'Gemfile.lock': lock(['rails 6.1.7', 'sprockets 4.2.0', 'uglifier 4.2.0', 'execjs 2.9.0']),
    }
    const recipe = await recipeFor(tree)
    expect(recipe.commands.build).toMatch(/^SECRET_KEY_BASE=\S+ bundle exec rails assets:precompile$/)
    expect(recipe.dockerfile).toContain('COPY --from=node:24-slim /usr/local/bin/node')
    expect(recipe.dockerfile).toMatch(/^ENV PORT=.* EXECJS_RUNTIME=Disabled/m)
  })
})

describe('Bundler', () => {
  test('follows the lock file to the letter; without one it says what that means', async () => {
    expect(await dockerfileOf(RACK)).toContain('BUNDLE_DEPLOYMENT=1')
    const { recipe, notes } = await choose({ Gemfile: gemfile('rack', 'puma'), 'config.ru': '' })
    expect(recipe.dockerfile).not.toContain('BUNDLE_DEPLOYMENT')
    expect(notes).toEqual([expect.stringMatching(/no Gemfile\.lock.*Commit it/)])
  })

  test('is told of Linux where the lock file was made on another system', async () => {
    const { recipe, notes } = await choose({
      ...RACK,
      'Gemfile.lock': lock(['rack 3.1.0', 'puma 6.4.0'], { platforms: ['arm64-darwin-23'] }),
    })
    expect(recipe.commands.install).toMatch(/bundle lock --add-platform .* && bundle install$/)
    expect(notes).toEqual([expect.stringMatching(/arm64-darwin-23 only.*commit it/)])
  })

  test('of a lock file that is too old is not asked for', async () => {
    const old = lock(['rack 2.2.0', 'puma 5.0.0'], { end: '\nBUNDLED WITH\n   1.17.3\n' })
    expect(await dockerfileOf({ ...RACK, 'Gemfile.lock': old })).toContain('BUNDLE_VERSION=system')
    const recent = lock(['rack 2.2.0', 'puma 5.0.0'], { end: '\nBUNDLED WITH\n   2.5.22\n' })
    expect(await dockerfileOf({ ...RACK, 'Gemfile.lock': recent })).not.toContain('BUNDLE_VERSION')
  })

  test('reads the sources first where the Gemfile needs them', async () => {
    for (const line of ['gemspec', 'gem "mine", path: "gems/mine"', 'eval_gemfile "Gemfile.common"']) {
      const dockerfile = await dockerfileOf({ ...RACK, Gemfile: `${gemfile('rack', 'puma')}${line}\n` })
      expect(dockerfile.split('COPY src/ .')[1]).toContain('bundle install')
    }
    const usual = await dockerfileOf(RACK)
    expect(usual.split('COPY src/ .')).toEqual([expect.stringContaining('bundle install'), expect.anything()])
  })

  test('gems get the libraries that they are built and run with, and the image only the latter', async () => {
    const tree = { ...RACK, 'Gemfile.lock': lock(['puma 6.4.0', 'mysql2 0.5.6', 'image_processing 1.13.0']) }
    const [, built = '', final = ''] = /([\s\S]*)(\nFROM ruby:\S+\n[\s\S]*)/.exec(await dockerfileOf(tree)) ?? []
    expect(built).toContain('default-libmysqlclient-dev')
    expect(final).toContain('libmariadb3 libvips ')
    expect(final).not.toContain('-dev')
  })
})

describe('the version of Ruby', () => {
  test.each<[string, Tree, string]>([
    ['the default when nothing is said', {}, '3.4'],
    ['that of .ruby-version, exactly', { '.ruby-version': 'ruby-3.3.6\n' }, '3.3.6'],
    ['that of .tool-versions', { '.tool-versions': 'ruby 3.2\n' }, '3.2'],
    ['that of the Gemfile', { Gemfile: `ruby "3.2.2"\n${gemfile('rack')}` }, '3.2.2'],
    ['the default where the Gemfile admits it', { Gemfile: `ruby "~> 3.1"\n${gemfile('rack')}` }, '3.4'],
    ['not more than the Gemfile admits', { Gemfile: `ruby ">= 3.0", "< 3.3"\n${gemfile('rack')}` }, '3.2'],
    ['the line of a narrow range', { Gemfile: `ruby "~> 3.1.0"\n${gemfile('rack')}` }, '3.1'],
    [
      'the line that wrote the lock file',
      { 'Gemfile.lock': lock(['puma 6.4.0'], { end: '\nRUBY VERSION\n   ruby 3.3.4p94\n' }) },
      '3.3',
    ],
  ])('%s', async (_what, tree, version) => {
    expect(await versionOf({ ...RACK, ...tree })).toBe(version)
  })

  test('one that there is no image of is said', async () => {
    const { recipe, notes } = await choose({ ...RACK, '.ruby-version': 'jruby-9.4.5.0' })
    expect(recipe.dockerfile).toContain('FROM ruby:3.4-slim')
    expect(notes).toEqual([expect.stringContaining('jruby-9.4.5.0')])
  })
})

describe('sites', () => {
  const JEKYLL: Tree = {
    Gemfile: gemfile('jekyll'),
    'Gemfile.lock': lock(['jekyll 4.4.1']),
    '_config.yml': 'title: Notes\nbaseurl: "/notes"\n',
    'index.md': '---\n---\n',
  }

  test('Jekyll’s is built for the top of its host and served by nginx', async () => {
    const { recipe, notes } = await choose(JEKYLL)
    expect(recipe).toMatchObject({
      template: 'ruby',
      framework: 'Jekyll',
      port: 8080,
      commands: { build: 'bundle exec jekyll build --baseurl "" --destination _site' },
      extraFiles: { 'nginx.conf': expect.stringContaining('listen') },
    })
    expect(recipe.commands).not.toHaveProperty('start')
    expect(notes).toEqual([expect.stringContaining('baseurl')])
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/ruby-jekyll.Dockerfile')
  })

  test('with GitHub’s gems as well, and into another folder', async () => {
    const tree = {
      ...JEKYLL,
      Gemfile: gemfile('github-pages'),
      'Gemfile.lock': lock(['github-pages 232', 'jekyll 3.10.0']),
    }
    const recipe = await recipeFor(tree, { overrides: { outputDir: 'public' } })
    expect(recipe.dockerfile).toContain('/app/public /srv')
  })

  test('Middleman’s', async () => {
    const tree = { Gemfile: gemfile('middleman'), 'Gemfile.lock': lock(['middleman 4.5.1']), 'config.rb': '' }
    expect(await recipeFor(tree)).toMatchObject({
      framework: 'Middleman',
      commands: { build: 'bundle exec middleman build' },
    })
  })
})

describe('a question, where it is not clear what starts', () => {
  test.each<[string, Tree, RegExp]>([
    [
      'a gem',
      { Gemfile: `${gemfile('rake')}gemspec\n`, 'shop.gemspec': '', 'lib/shop.rb': '' },
      /Gemfile of a gem, which is a library/,
    ],
    ['a Gemfile alone', { Gemfile: gemfile('rake'), 'lib/x.rb': '' }, /no config\.ru.*Add a config\.ru/],
    ['config.ru without a server', { ...RACK, 'Gemfile.lock': lock(['rack 3.1.0']) }, /gem "puma"/],
    ['config.ru without a Gemfile', { 'config.ru': '' }, /no Gemfile/],
    ['Jekyll without a Gemfile', { '_config.yml': '', '_posts/2026-01-01-a.md': '' }, /gem "jekyll"/],
  ])('%s', async (_what, tree, message) => {
    await expect(recipeFor(tree)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(message),
    })
  })

  test('tools in Ruby do not make an app of Node one of Ruby', async () => {
    const tree = {
      Gemfile: gemfile('fastlane', 'cocoapods'),
      'package.json': { scripts: { start: 'node server.js' } },
      'server.js': '',
      Procfile: 'web: npm start',
    }
    expect(await recipeFor(tree)).toMatchObject({ template: 'node' })
  })

  test('a script that serves nothing is no app', async () => {
    await expect(recipeFor({ 'main.rb': 'puts 1 + 1' })).rejects.toMatchObject({ code: 'no_template' })
  })
})
