import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'
import type { CodeFile } from './code.ts'
import { djangoNotes } from './django-notes.ts'
import { type DjangoSettings, placeholders, readDjangoSettings } from './django-settings.ts'
import type { Packages } from './packages.ts'
import { brings, type Start, serveAsgi, serveWsgi } from './start.ts'

/** Workers of gunicorn: Django keeps its state in a database, so a second process costs memory alone. */
const WORKERS = 2

/** A Django project, by its manage.py, here or one folder below. @throws several_apps, no_start_command */
export async function findDjango(
  source: Source,
  code: readonly CodeFile[],
  packages: Packages,
): Promise<Start | undefined> {
  const folder = await folderOfManage(source)
  if (folder === undefined) return undefined
  const settings = await readDjangoSettings(source, folder, code)
  const within = {
    source,
    folder,
    code: code.filter(({ file }) => file.startsWith(folder)),
    text: settings?.text ?? '',
  }
  const serve = serveAsync(within, packages) ?? serveSync(within, packages)
  if (serve === undefined || settings === undefined) throw unclear(folder, settings)
  const collect = `${placeholders(settings)} python ${folder}manage.py collectstatic --noinput`.trim()
  return {
    framework: 'Django',
    ...serve,
    ...(/^[ \t]*STATIC_ROOT\b/m.test(settings.text) && { build: collect }),
    environment: { DJANGO_SETTINGS_MODULE: settings.module },
    notes: djangoNotes(settings, packages),
  }
}

async function folderOfManage(source: Source): Promise<string | undefined> {
  const files = source
    .find('manage.py')
    .concat(source.find('*/manage.py'))
    .filter((it) => /^([\w-]+\/)?manage\.py$/.test(it))
  const texts = await Promise.all(files.map(async (file) => ({ file, text: (await source.text(file)) ?? '' })))
  const found = texts.filter(({ text }) => /DJANGO_SETTINGS_MODULE|django/.test(text)).map(({ file }) => file)
  if (found.length > 1 && found[0] !== 'manage.py')
    throw new AppError(
      'several_apps',
      `There are several Django projects: ${found.join(', ')}. Name the folder of the one to run.`,
      { field: 'rootDir' },
    )
  return found[0]?.replace(/manage\.py$/, '')
}

type Within = { source: Source; folder: string; code: CodeFile[]; text: string }

/** ASGI where the settings or the chosen server ask for it: every project has an asgi.py, and few mean it. */
function serveAsync(within: Within, packages: Packages) {
  const wantsServer = (['uvicorn', 'daphne', 'hypercorn'] as const).some((it) => brings(packages, it))
  if (!/^[ \t]*ASGI_APPLICATION\b/m.test(within.text) && (!wantsServer || brings(packages, 'gunicorn')))
    return undefined
  const target = targetOf(within, 'ASGI_APPLICATION', 'asgi')
  return target && serveAsgi(target, packages)
}

function serveSync(within: Within, packages: Packages) {
  const target = targetOf(within, 'WSGI_APPLICATION', 'wsgi')
  return target && serveWsgi(target, packages, WORKERS)
}

/** What the settings name, else the file of that name. */
function targetOf({ folder, code, text }: Within, setting: string, name: 'wsgi' | 'asgi') {
  const root = folder.replace(/\/$/, '')
  const said = new RegExp(`^[ \\t]*${setting}[ \\t]*=[ \\t]*['"]([\\w.]+)\\.(\\w+)['"]`, 'm').exec(text)
  const file = code.find(
    (it) => it.file.endsWith(`/${name}.py`) && /^[\w/]+\.py$/.test(it.file.slice(folder.length)),
  )?.file
  if (said?.[1] !== undefined && said[2] !== undefined) return { root, module: said[1], name: said[2] }
  return file === undefined
    ? undefined
    : { root, module: file.slice(folder.length, -3).replaceAll('/', '.'), name: 'application' }
}

function unclear(folder: string, settings: DjangoSettings | undefined): AppError {
  const missing = settings
    ? 'neither WSGI_APPLICATION in the settings nor a wsgi.py'
    : 'no DJANGO_SETTINGS_MODULE in manage.py or wsgi.py'
  return new AppError(
    'no_start_command',
    `${folder}manage.py is Django's, but there is ${missing}. Add it, or give a start command such as gunicorn mysite.wsgi.`,
  )
}
