import { AppError } from '../../server/errors.ts'
import type { PlanRequest } from '../../server/templates/template-plan.ts'
import type { Composer } from './composer.ts'
import type { Framework } from './frameworks.ts'

const FOLDERS = ['public', 'web', 'www', 'htdocs', 'webroot', 'public_html', 'html']

/** Where Apache serves from, below the app's folder; '.' for all of it. Undefined when there is no page anywhere. */
export function findServedFolder(
  { source, settings }: PlanRequest,
  composer: Composer | undefined,
  framework: Framework | undefined,
  procfileFolder: string | undefined,
): string | undefined {
  const said = settings.outputDir ?? procfileFolder ?? framework?.folder
  if (said !== undefined) return checkFolder(said)
  const hasIndex = (folder: string) => source.has(folder === '.' ? 'index.php' : `${folder}/index.php`)
  const usual = composer ? [...FOLDERS, '.'] : ['.', ...FOLDERS]
  const isSiteWithForms = source.has('index.html') && source.find('*.php').length > 0 && !source.has('package.json')
  return usual.find(hasIndex) ?? (isSiteWithForms ? '.' : undefined)
}

/** It gets into the Dockerfile and into Apache's configuration: names only. */
function checkFolder(folder: string): string {
  const plain = folder.replace(/^(\.?\/)+(?=.)/, '').replace(/\/+$/, '') || '.'
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(plain) && !plain.split('/').includes('..')) return plain
  throw new AppError(
    'settings_invalid',
    `The folder ${folder} cannot be served. Name it with letters, digits, - and _.`,
    {
      field: 'overrides.outputDir',
    },
  )
}

/** The folder that a Procfile for Heroku names: `web: vendor/bin/heroku-php-apache2 -C apache.conf public/`. */
export function servedByHeroku(web: string | undefined): string | undefined {
  const [, rest] = /^(?:exec )?(?:vendor\/bin\/)?heroku-php-(?:apache2|nginx)\b(.*)$/.exec(web ?? '') ?? []
  if (rest === undefined) return undefined
  const last = rest.trim().split(/\s+/).at(-1) ?? ''
  return last === '' || /^-|\.conf$|\.ini$/.test(last) ? '.' : last
}
