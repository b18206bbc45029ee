import { AppError } from '../../server/errors.ts'
import { execLine } from '../../server/templates/exec-line.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction, PlanRequest } from '../../server/templates/template-plan.ts'
import { planAssets } from '../node/assets.ts'
import { type Lent, planLent } from '../node/lend.ts'
import { checkPath, nginxConf, serveCommand } from '../static/nginx.ts'
import type { App, Framework } from './app.ts'
import { type Bundling, planBundling } from './bundler.ts'
import { type Gems, hasGem, readGems } from './gems.ts'
import { packagesFor } from './packages.ts'
import { plain } from './plain.ts'
import { rack } from './rack.ts'
import { rails } from './rails.ts'
import { chooseRuby } from './ruby-version.ts'
import { site } from './site.ts'

const SITE_PORT = 8080

/** Rails, Sinatra, a Rack app or a plain server with Bundler; a site of Jekyll or Middleman, served by nginx. */
export const plan: PlanFunction = async (request) => {
  const { source, settings } = request
  const gems = await readGems(source)
  const { web, release } = await readProcfile(source)
  const app: App = { ...request, gems }
  const framework = await recognise(app, web)
  if (framework === undefined) return undefined

  const ruby = await chooseRuby(source, gems)
  const bundling = gems && planBundling(source, gems)
  const scripts = await planScripts(request, gems, framework)
  const install = settings.installCommand ?? bundling?.install
  const build = settings.buildCommand ?? [...scripts.builds, framework.build].filter(Boolean).join(' && ')
  const start = framework.site === undefined ? (settings.startCommand ?? web ?? framework.start) : undefined
  const releaseCommand = framework.site === undefined ? (settings.releaseCommand ?? release) : undefined
  return {
    framework: framework.name,
    kind: framework.site === undefined ? 'server' : 'static',
    commands: {
      ...(install && { install }),
      ...(build && { build }),
      ...(start && { start }),
      ...(releaseCommand && { release: releaseCommand }),
    },
    ...(framework.site !== undefined && { port: SITE_PORT }),
    ...(framework.healthPath && { healthPath: framework.healthPath }),
    extraFiles: { ...scripts.node?.extraFiles, ...siteFiles(framework) },
    values: {
      version: ruby.version,
      hasGems: gems !== undefined,
      bundling,
      packages: packagesFor(gems),
      node: scripts.node,
      needsNodeAlone: scripts.node === undefined && needsScriptEngine(gems),
      hasBootsnap: hasGem(gems, 'bootsnap') && framework.name === 'Rails',
      environment: environmentOf(gems, framework),
      site: framework.site,
      ...(start && { process: execLine(start) }),
      serve: serveCommand,
    },
    notes: [...ruby.notes, ...notesOf(bundling), ...(framework.notes ?? []), ...(scripts.node?.notes ?? [])],
  }
}

const notesOf = (bundling: Bundling | undefined) => bundling?.notes ?? []

async function recognise(app: App, web: string | undefined): Promise<Framework | undefined> {
  const found = (await site(app)) ?? (await rails(app)) ?? rack(app, web) ?? (await plain(app))
  if (found) return found
  if (app.gems === undefined) return undefined
  const start = app.settings.startCommand ?? web
  if (start !== undefined && (isRuby(start) || !app.source.has('package.json'))) return { name: 'Ruby' }
  throw nothingStarts(app.source, app.gems)
}

const isRuby = (command: string) => /\b(bundle|ruby|rackup|puma|rails|rake|thin|unicorn|falcon)\b|\.rb\b/.test(command)

function nothingStarts(source: Source, { gemfile }: Gems): AppError {
  const isGem = /^\s*gemspec\b/m.test(gemfile) || source.find('*.gemspec').length > 0
  return new AppError(
    'no_start_command',
    `There is a Gemfile${isGem ? ' of a gem, which is a library' : ''}, but no app of Rails, no config.ru, and no server in app.rb, main.rb or server.rb. Add a config.ru, or give a start command.`,
    { field: 'overrides.startCommand' },
  )
}

/** Node for the assets: Rails' tools call it themselves; else the scripts of package.json run before. */
async function planScripts(
  request: PlanRequest,
  gems: Gems | undefined,
  { bundlesScripts, site: folder }: Framework,
): Promise<{ node: Lent | undefined; builds: string[] }> {
  if (gems === undefined) return { node: undefined, builds: [] }
  if (bundlesScripts) return { node: await planLent(request), builds: [] }
  const assets = folder === undefined ? await planAssets(request) : undefined
  return { node: assets, builds: assets?.builds ?? [] }
}

/** Compressors of Rails' older pipelines run JavaScript; the running app only has to find that it may not. */
const needsScriptEngine = (gems: Gems | undefined) => hasGem(gems, 'execjs', 'uglifier') && !hasGem(gems, 'mini_racer')

const environmentOf = (gems: Gems | undefined, framework: Framework) => ({
  LANG: 'C.UTF-8',
  RACK_ENV: 'production',
  APP_ENV: 'production',
  MALLOC_ARENA_MAX: '2',
  ...(needsScriptEngine(gems) && { EXECJS_RUNTIME: 'Disabled' }),
  ...framework.env,
})

const siteFiles = ({ site: folder }: Framework) =>
  folder === undefined ? {} : { 'nginx.conf': nginxConf({ folder: checkPath(folder), fallback: '404' }) }
