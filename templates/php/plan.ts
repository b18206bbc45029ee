import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction, PlanRequest } from '../../server/templates/template-plan.ts'
import type { Assets } from '../node/assets.ts'
import { assetsOf } from './assets.ts'
import { type Composer, hasPathRepository, readComposer } from './composer.ts'
import { requiredExtensions, sortExtensions } from './extensions.ts'
import { type Framework, recognise } from './frameworks.ts'
import { usedExtensions } from './guess-extensions.ts'
import { choosePhp } from './php-version.ts'
import { findServedFolder, servedByHeroku } from './serve-folder.ts'
import { refusePartsOfWordPress } from './wordpress-parts.ts'

const APACHE = 'apache2-foreground'
const COMPOSER_INSTALL = 'composer install --no-dev --no-progress --prefer-dist --no-scripts --no-autoloader'

/** What was found out before anything is decided. */
type Facts = {
  composer: Composer | undefined
  framework: Framework | undefined
  assets: Assets | undefined
  procfile: Record<string, string>
  /** The folder that a Procfile for Heroku serves. */
  herokuFolder: string | undefined
}

/** Pages, a Composer project or a framework, behind Apache. */
export const plan: PlanFunction = async (request) => {
  const { source } = request
  await refusePartsOfWordPress(source)
  const facts = await findFacts(request)
  const { composer, framework, assets, herokuFolder } = facts
  const folder = findServedFolder(request, composer, framework, herokuFolder)
  if (folder === undefined) throw nothingToServe(composer)
  const php = await choosePhp(source, composer)
  const { extensions, unknown } = sortExtensions(await namesOfExtensions(source, composer, framework))
  const commands = commandsOf(request, facts)
  return {
    framework: framework?.name ?? (composer ? 'PHP (Composer)' : 'PHP'),
    kind: 'server',
    commands,
    ...(framework?.healthPath && { healthPath: framework.healthPath }),
    extraFiles: { ...framework?.extraFiles, ...assets?.extraFiles },
    values: {
      version: php.version,
      extensions,
      ...valuesOf(request, facts, folder),
      isApache: commands.start.includes(APACHE),
    },
    notes: [...php.notes, ...notesOf(facts, folder, unknown), ...(framework?.notes ?? []), ...(assets?.notes ?? [])],
  }
}

async function findFacts(request: PlanRequest): Promise<Facts> {
  const composer = await readComposer(request.source)
  const procfile = await readProcfile(request.source)
  return {
    composer,
    framework: await recognise(request, composer),
    assets: await assetsOf(request),
    procfile,
    herokuFolder: servedByHeroku(procfile.web),
  }
}

function commandsOf({ settings }: PlanRequest, { composer, framework, assets, procfile, herokuFolder }: Facts) {
  const install = settings.installCommand ?? (composer && COMPOSER_INSTALL)
  const build = settings.buildCommand ?? [...(assets?.builds ?? []), framework?.build].filter(Boolean).join(' && ')
  const web = herokuFolder === undefined ? procfile.web : undefined
  return {
    ...(install && { install }),
    ...(build && { build }),
    start: settings.startCommand ?? web ?? framework?.start ?? APACHE,
  }
}

const valuesOf = (request: PlanRequest, { composer, framework, assets }: Facts, folder: string) => ({
  assets,
  servesAll: folder === '.',
  environment: environmentOf(request, folder, framework),
  writable: framework?.writable,
  linksStorage: framework?.name === 'Laravel',
  hasComposer: composer !== undefined,
  sourcesFirst: composer !== undefined && hasPathRepository(composer),
  ownVendorFolder: composer?.json.vendorFolder !== undefined,
})

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

function notesOf({ composer, procfile, herokuFolder }: Facts, folder: string, unknown: string[]): string[] {
  const program = procfile.web?.split(' ')[0]
  return [
    ...(composer && !composer.hasLock
      ? ['There is no composer.lock: each build takes the newest packages. Commit it.']
      : []),
    ...unknown.map(
      (it) =>
        `Nobody here knows how to install the extension ${JSON.stringify(it)}. Add a Dockerfile if the app needs it.`,
    ),
    ...(herokuFolder === undefined
      ? []
      : [`The Procfile's ${program} is Heroku's: Apache serves ${folder} in its place.`]),
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
