import type { App, Framework } from './app.ts'
import { type Gems, hasGem } from './gems.ts'

/** Gems that have something to do in assets:precompile. */
const PIPELINES = ['sprockets', 'sprockets-rails', 'propshaft', 'webpacker', 'shakapacker', 'vite_ruby', 'vite_rails']
/** Of those and others, the ones that call the package manager for Node from there. */
const SCRIPT_BUNDLERS = ['jsbundling-rails', 'cssbundling-rails', 'webpacker', 'shakapacker', 'vite_ruby', 'vite_rails']

const STYLES = ['sass-rails', 'tailwindcss-rails', 'importmap-rails', 'dartsass-rails']

/** Rails by its own server, which reads config/puma.rb. The process file of a container that was killed would stop it. */
const START = 'rm -f tmp/pids/server.pid; exec bundle exec rails server -b 0.0.0.0 -p $PORT'

/** Undefined when it is no app of Rails. */
export async function rails(app: App): Promise<Framework | undefined> {
  const { source, gems } = app
  if (!source.has('config/application.rb') || !hasGem(gems, 'rails', 'railties')) return undefined
  const routes = (await source.text('config/routes.rb')) ?? ''
  return {
    name: 'Rails',
    start: START,
    ...(hasAssets(app) && { build: `${dummySecret(gems)} bundle exec rails assets:precompile` }),
    ...(/rails\/health#show/.test(routes) && { healthPath: healthPathIn(routes) }),
    env: {
      RAILS_ENV: 'production',
      RAILS_LOG_TO_STDOUT: '1',
      RAILS_SERVE_STATIC_FILES: '1',
      LD_PRELOAD: 'libjemalloc.so.2',
    },
    bundlesScripts: hasGem(gems, ...SCRIPT_BUNDLERS),
    notes: notesOf(app),
  }
}

/** Without a lock file nobody says what Rails brings along; a folder of assets does. */
const hasAssets = ({ source, gems }: App) =>
  hasGem(gems, ...PIPELINES, ...SCRIPT_BUNDLERS, ...STYLES) ||
  (gems?.hasLock === false && source.find('app/assets/**').length > 0)

/** No secret is needed to compile assets. Rails knows the first since 7.1; before, any key will do. */
function dummySecret(gems: Gems | undefined): string {
  const [major = 8, minor = 0] = (gems?.versions.get('rails') || '8.0').split('.').map(Number)
  return major > 7 || (major === 7 && minor >= 1) ? 'SECRET_KEY_BASE_DUMMY=1' : 'SECRET_KEY_BASE=for-the-build-only'
}

const healthPathIn = (routes: string) =>
  `/${/get[ (]+['"]\/?([\w/-]+)['"]\s*(?:=>|,\s*to:)\s*['"]rails\/health#show/.exec(routes)?.[1] ?? 'up'}`

function notesOf({ source, env, settings }: App): string[] {
  const has = (key: string) => env.some((it) => it.key === key)
  const secret = source.has('config/credentials.yml.enc')
    ? 'Set RAILS_MASTER_KEY to what is in config/master.key: Rails does not start without it.'
    : 'Set SECRET_KEY_BASE, as `bin/rails secret` makes it: Rails does not start without it.'
  const hasRelease = settings.releaseCommand !== undefined || source.has('Procfile')
  return [
    ...(has('SECRET_KEY_BASE') || has('RAILS_MASTER_KEY') ? [] : [secret]),
    ...(hasRelease || source.find('db/migrate/*.rb').length === 0
      ? []
      : ['The tables are not made by themselves: give the release command `bundle exec rails db:prepare`.']),
    ...(source.find('config/database.yml').length > 0 && !has('DATABASE_URL')
      ? [
          'No DATABASE_URL is set: the database is the one of config/database.yml. What SQLite keeps in storage/ needs a volume.',
        ]
      : []),
  ]
}
