import { AppError } from '../../server/errors.ts'
import { execLine } from '../../server/templates/exec-line.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction, PlanRequest } from '../../server/templates/template-plan.ts'
import { assetsOf } from './assets.ts'
import { type Composer, hasPathRepository, readComposer } from './composer.ts'
import { requiredExtensions, sortExtensions } from './extensions.ts'
import { type Framework, recognise } from './frameworks.ts'
import { usedExtensions } from './guess-extensions.ts'
import { choosePhp } from './php-version.ts'
import { findServedFolder, servedByHeroku } from './serve-folder.ts'

const COMPOSER_INSTALL = 'composer install --no-dev --no-progress --prefer-dist --no-scripts --no-autoloader'

/** Pages, a Composer project or a framework, behind Apache. */
export const plan: PlanFunction = async (request) => {
  const { source, settings } = request
  const composer = await readComposer(source)
  await refusePartsOfWordPress(source)
  const framework = await recognise(request, composer)
  const { web, release } = await readProcfile(source)
  const herokuFolder = servedByHeroku(web)
  const folder = findServedFolder(request, composer, framework, herokuFolder)
  if (folder === undefined) throw nothingToServe(composer)

  const php = await choosePhp(source, composer)
  const { extensions, unknown } = sortExtensions(await namesOfExtensions(source, composer, framework))
  const install = settings.installCommand ?? (composer && COMPOSER_INSTALL)
  const assets = await assetsOf(request)
  const build = settings.buildCommand ?? [...(assets?.builds ?? []), framework?.build].filter(Boolean).join(' && ')
  const start =
    settings.startCommand ?? (herokuFolder === undefined ? web : undefined) ?? framework?.start ?? 'apache2-foreground'
  const releaseCommand = settings.releaseCommand ?? release
  return {
    framework: framework?.name ?? (composer ? 'PHP (Composer)' : 'PHP'),
    kind: 'server',
    commands: {
      ...(install && { install }),
      ...(build && { build }),
      start,
      ...(releaseCommand && { release: releaseCommand }),
    },
    ...(framework?.healthPath && { healthPath: framework.healthPath }),
    extraFiles: { ...framework?.extraFiles, ...assets?.extraFiles },
    values: {
      version: php.version,
      extensions,
      assets,
      servesAll: folder === '.',
      environment: environmentOf(request, folder, framework),
      writable: framework?.writable,
      process: execLine(start),
      isApache: /apache2-foreground/.test(start),
      linksStorage: framework?.name === 'Laravel',
      ...composerValues(composer),
    },
    notes: [
      ...php.notes,
      ...notesOf(composer, unknown),
      ...(herokuFolder === undefined
        ? []
        : [`The Procfile's ${web?.split(' ')[0]} is Heroku's: Apache serves ${folder} in its place.`]),
      ...(framework?.notes ?? []),
      ...(assets?.notes ?? []),
    ],
  }
}

async function namesOfExtensions(
  source: Source,
  composer: Composer | undefined,
  framework: Framework | undefined,
): Promise<string[]> {
  const required = composer ? requiredExtensions(composer) : []
  const used = composer || framework ? [] : await usedExtensions(source)
  return [...required, ...used, ...(framework?.extensions ?? [])]
}

function environmentOf({ source }: PlanRequest, folder: string, framework: Framework | undefined) {
  const root = folder === '.' ? '/var/www/html' : `/var/www/html/${folder}`
  return {
    ...framework?.env,
    DOCUMENT_ROOT: root,
    FRONT_CONTROLLER: hasFrontController(source, folder, framework) ? '/index.php' : 'disabled',
  }
}

/** A served folder whose one page is index.php, beside the code of a project, is a router. */
function hasFrontController(source: Source, folder: string, framework: Framework | undefined): boolean {
  const rules = folder === '.' ? '.htaccess' : `${folder}/.htaccess`
  if (framework) return framework.hasFrontController && !source.has(rules)
  return folder !== '.' && !source.has(rules) && source.find(`${folder}/**/*.php`).length === 1
}

const composerValues = (composer: Composer | undefined) => ({
  hasComposer: composer !== undefined,
  sourcesFirst: composer !== undefined && hasPathRepository(composer),
  ownVendorFolder: composer?.json.config?.['vendor-dir'] !== undefined,
})

function notesOf(composer: Composer | undefined, unknown: string[]): string[] {
  return [
    ...(composer && !composer.hasLock
      ? ['There is no composer.lock: each build takes the newest packages. Commit it.']
      : []),
    ...unknown.map(
      (it) =>
        `Nobody here knows how to install the extension ${JSON.stringify(it)}. Add a Dockerfile if the app needs it.`,
    ),
  ]
}

function nothingToServe(composer: Composer | undefined): AppError {
  const what =
    composer === undefined
      ? 'There are PHP files'
      : `There is a composer.json${isLibrary(composer) ? ' of a library' : ''}`
  return new AppError(
    'no_start_command',
    `${what}, but no index.php at the top or in public/, web/ or www/. Name the folder to serve (output directory), or give a start command.`,
    { field: 'overrides.outputDir' },
  )
}

const isLibrary = ({ json }: Composer) => json.type === undefined || json.type === 'library'

/** A theme or a plugin does nothing by itself. */
async function refusePartsOfWordPress(source: Source): Promise<void> {
  const style = source.has('index.php') ? ((await source.text('style.css')) ?? '') : ''
  const isTheme = /^[\s*]*Theme Name:/m.test(style)
  const isPlugin = !isTheme && (await findPlugin(source))
  if (!isTheme && !isPlugin) return
  throw new AppError(
    'no_start_command',
    `This is a ${isTheme ? 'theme' : 'plugin'} of WordPress. Deploy a repository that holds WordPress and this in wp-content/.`,
  )
}

async function findPlugin(source: Source): Promise<boolean> {
  if (source.has('wp-includes/version.php') || source.has('artisan')) return false
  const [first] = source.find('*.php').filter((it) => it !== 'index.php')
  const isOneOfFew = first !== undefined && source.find('*.php').length <= 5
  return isOneOfFew && /^[\s*]*Plugin Name:/m.test((await source.text(first)) ?? '')
}
