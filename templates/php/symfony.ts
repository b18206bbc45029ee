import type { PlanRequest } from '../../server/templates/template-plan.ts'
import type { Composer } from './composer.ts'
import type { Framework } from './frameworks.ts'
import { driverExtensions } from './guess-extensions.ts'

/**
 * Symfony, served from public/. Its .env holds the defaults that belong to the code and the app does not start without
 * that file, so it is taken along where others stay behind; what is set here wins over it.
 */
export async function symfony({ source, env }: PlanRequest, composer: Composer): Promise<Framework> {
  const defaults = await Promise.all(
    ['.env', '.env.prod'].map(async (name) => [name, await source.text(name)] as const),
  )
  const files = defaults.flatMap(([name, text]) => (text === undefined ? [] : [[`src/${name}`, text]]))
  const hasScripts = composer.json.scripts['post-install-cmd'] !== undefined
  return {
    name: 'Symfony',
    folder: 'public',
    hasFrontController: true,
    writable: ['var'],
    build: [
      hasScripts ? 'composer run-script --no-dev post-install-cmd' : 'php bin/console cache:clear',
      ...(source.has('importmap.php') ? ['php bin/console asset-map:compile'] : []),
    ].join(' && '),
    env: { APP_ENV: 'prod', APP_DEBUG: '0' },
    extensions: ['intl', ...(await driverExtensions(source, undefined, env))],
    extraFiles: files.length > 0 ? Object.fromEntries(files) : { 'src/.env': '' },
    notes: env.some((it) => it.key === 'APP_SECRET')
      ? []
      : ['Set APP_SECRET: Symfony signs sessions and forms with it.'],
  }
}
