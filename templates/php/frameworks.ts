import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { type Composer, wants } from './composer.ts'
import { laravel } from './laravel.ts'
import { symfony } from './symfony.ts'

/** How a framework of PHP is built and run. What is left out is found by convention. */
export type Framework = {
  name: string
  /** The folder that is served. */
  folder?: string
  /** Whether index.php answers what is no file. */
  hasFrontController: boolean
  /** Folders that the app writes to; all when left out. */
  writable?: string[]
  build?: string
  start?: string
  healthPath?: string
  /** Of the image, e.g. APP_ENV=prod. */
  env?: Record<string, string>
  extensions?: string[]
  extraFiles?: Record<string, string>
  notes?: string[]
}

/** The framework that the project is made with. Undefined for pages, and for a router of one's own. */
export async function recognise(request: PlanRequest, composer: Composer | undefined): Promise<Framework | undefined> {
  const { source } = request
  if (source.has('artisan') && composer) return laravel(request, composer)
  if (composer && wants(composer, 'symfony/framework-bundle')) return symfony(request, composer)
  if (source.has('wp-includes/version.php')) return wordpress(request)
  if (wants(composer, 'roots/wordpress')) return { ...WORDPRESS, name: 'WordPress (Bedrock)', folder: 'web' }
  if (wants(composer, 'drupal/core-recommended')) return drupal(composer)
  if (wants(composer, 'codeigniter4/framework'))
    return { name: 'CodeIgniter', folder: 'public', hasFrontController: true, extensions: ['intl'] }
  if (source.has('system/core/CodeIgniter.php'))
    return { name: 'CodeIgniter 3', folder: '.', hasFrontController: true, extensions: ['mysqli'] }
  const known = Object.entries(WITH_FRONT_CONTROLLER).find(([name]) => wants(composer, name))
  return known && { name: known[1], hasFrontController: true }
}

const WITH_FRONT_CONTROLLER: Record<string, string> = {
  'slim/slim': 'Slim',
  'cakephp/cakephp': 'CakePHP',
  'yiisoft/yii2': 'Yii',
  'laminas/laminas-mvc': 'Laminas',
  'mezzio/mezzio': 'Mezzio',
  'flightphp/core': 'Flight',
  'getkirby/cms': 'Kirby',
}

const WORDPRESS: Framework = {
  name: 'WordPress',
  hasFrontController: true,
  extensions: ['exif', 'gd', 'intl', 'mysqli', 'zip'],
}

function wordpress({ source }: PlanRequest): Framework {
  const notes = source.has('wp-config.php')
    ? []
    : [
        'There is no wp-config.php: WordPress asks for its database at the first visit, and forgets it with the release.',
      ]
  return { ...WORDPRESS, folder: '.', notes }
}

/** Its pages are put there by Composer: where to is said in composer.json. */
function drupal(composer: Composer | undefined): Framework {
  const folder = (composer?.json.webRoot ?? 'web').replace(/^\.\//, '').replace(/\/$/, '')
  return { name: 'Drupal', folder: folder || '.', hasFrontController: true, extensions: ['gd', 'pdo_mysql'] }
}
