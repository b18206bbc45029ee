import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { type Composer, wants } from './composer.ts'
import type { Framework } from './frameworks.ts'
import { driverExtensions } from './guess-extensions.ts'

const WRITABLE =
  'bootstrap/cache database storage storage/app/public storage/framework/cache/data storage/framework/sessions storage/framework/views storage/logs'.split(
    ' ',
  )

/**
 * Laravel, served from public/. The caches are made when it starts: the configuration is then of the variables it runs
 * with, and no secret gets into the image.
 */
export async function laravel({ source, env, settings }: PlanRequest, composer: Composer): Promise<Framework> {
  const bootstrap = (await source.text('bootstrap/app.php')) ?? ''
  const has = (key: string) => env.some((it) => it.key === key)
  const notes = [
    ...(has('APP_KEY')
      ? []
      : ['Laravel answers with an error until APP_KEY is set: make one with `php artisan key:generate --show`.']),
    ...(has('DB_CONNECTION') || has('DB_URL')
      ? []
      : [
          'No DB_CONNECTION is set: Laravel uses SQLite in database/, which is gone with the next release unless a volume keeps it.',
        ]),
    ...(settings.releaseCommand === undefined && !source.has('Procfile')
      ? ['The tables are not made by themselves: give the release command `php artisan migrate --force`.']
      : []),
  ]
  return {
    name: wants(composer, 'laravel/lumen-framework') ? 'Lumen' : 'Laravel',
    folder: 'public',
    hasFrontController: true,
    writable: WRITABLE,
    start: 'php artisan optimize || php artisan optimize:clear; exec apache2-foreground',
    env: { APP_ENV: 'production', APP_DEBUG: 'false', LOG_CHANNEL: 'stderr' },
    extensions: ['bcmath', ...(await driverExtensions(source, composer, env))],
    ...(/health:\s*['"]\/up['"]/.test(bootstrap) && { healthPath: '/up' }),
    notes,
  }
}
