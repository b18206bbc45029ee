import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { Commands, PlanFunction, PlanRequest } from '../../server/templates/template-plan.ts'
import { planAssets } from '../node/assets.ts'
import { type Lent, planLent } from '../node/lend.ts'
import { checkPath, nginxConf } from '../static/nginx.ts'
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

/** What was found out before anything is decided. */
type Facts = {
  gems: Gems | undefined
  framework: Framework
  bundling: Bundling | undefined
  node: Lent | undefined
  /** The lines that build assets before the framework's own. */
  builds: string[]
  procfile: Record<string, string>
}

/** Rails, Sinatra, a Rack app or a plain server with Bundler; a site of Jekyll or Middleman, served by nginx. */
export const plan: PlanFunction = async (request) => {
  const facts = await findFacts(request)
  if (facts === undefined) return undefined
  const { framework, gems, bundling, node } = facts
  const ruby = await chooseRuby(request.source, gems)
  const commands = commandsOf(request, facts)
  return {
    framework: framework.name,
    kind: framework.site === undefined ? 'server' : 'static',
    commands,
    ...(framework.site !== undefined && { port: SITE_PORT }),
    ...(framework.healthPath && { healthPath: framework.healthPath }),
    extraFiles: { ...node?.extraFiles, ...siteFiles(framework) },
    values: {
      version: ruby.version,
      ...valuesOf(facts),
    },
    notes: [...ruby.notes, ...(bundling?.notes ?? []), ...(framework.notes ?? []), ...(node?.notes ?? [])],
  }
}

async function findFacts(request: PlanRequest): Promise<Facts | undefined> {
  const gems = await readGems(request.source)
  const procfile = await readProcfile(request.source)
  const framework = await recognise({ ...request, gems }, procfile.web)
  if (framework === undefined) return undefined
  const bundling = gems && planBundling(request.source, gems)
  return { gems, framework, bundling, procfile, ...(await planScripts(request, gems, framework)) }
}

function commandsOf({ settings }: PlanRequest, { framework, bundling, builds, procfile }: Facts): Commands {
  const install = settings.installCommand ?? bundling?.install
  const build = settings.buildCommand ?? [...builds, framework.build].filter(Boolean).join(' && ')
  const built = { ...(install && { install }), ...(build && { build }) }
  if (framework.site !== undefined) return built
  const start = settings.startCommand ?? procfile.web ?? framework.start
  return { ...built, ...(start && { start }) }
}

const valuesOf = ({ gems, framework, bundling, node }: Facts) => ({
  hasGems: gems !== undefined,
  bundling,
  packages: packagesFor(gems),
  node,
  needsNodeAlone: node === undefined && needsScriptEngine(gems),
  hasBootsnap: hasGem(gems, 'bootsnap') && framework.name === 'Rails',
  environment: environmentOf(gems, framework),
  site: framework.site,
})

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
  const isGem = /^[ \t]*gemspec\b/m.test(gemfile) || source.find('*.gemspec').length > 0
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
