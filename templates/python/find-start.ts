import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'
import type { CodeFile } from './code.ts'
import { findDjango } from './django.ts'
import { findFileApps, findPlainFile } from './file-apps.ts'
import { modulesOf } from './module.ts'
import { type FoundApp, FRAMEWORKS, findApp } from './object-apps.ts'
import type { Packages } from './packages.ts'
import { type Start, serveAsgi, serveWsgi } from './start.ts'

export type Found = { file: string; start: Start }

/** The one app in the code, and the file it begins in; undefined when there is none. @throws several_apps, no_start_command */
export async function findStart(
  source: Source,
  code: readonly CodeFile[],
  packages: Packages,
): Promise<Found | undefined> {
  const django = await findDjango(source, code, packages)
  const modules = modulesOf(source.files)
  const objects = FRAMEWORKS.flatMap((framework) => findApp(framework, code, modules) ?? [])
  const served = objects.map((it) => ({ file: it.code.file, start: serve(it, packages), text: it.code.text }))
  const files = findFileApps(code, packages, modules)
  const found = [...(django ? [{ file: 'manage.py', start: django }] : []), ...withoutParts(served, files)]
  if (found.length > 1) throw several(found)
  return found[0] ?? findPlainFile(code, packages, modules)
}

/** Gradio mounted in FastAPI, Flask below Dash, Starlette beside FastAPI: one app that shows as two. */
function withoutParts(objects: (Found & { text: string })[], files: Found[]): Found[] {
  const dash = files.find(({ start }) => start.framework === 'Dash')
  const apps = objects.filter(({ file }) => file !== dash?.file)
  const [first, ...others] = apps
  const isPart = ({ file, start }: Found) =>
    file === first?.file || start.framework === first?.start.framework || start.framework === 'Starlette'
  const isMounted = (it: Found) =>
    it !== dash && apps.some(({ file, text }) => file === it.file || text.includes('mount_gradio_app'))
  return [...(first ? [first] : []), ...others.filter((it) => !isPart(it)), ...files.filter((it) => !isMounted(it))]
}

function serve({ framework, target }: FoundApp, packages: Packages): Start {
  const { title, protocol } = framework
  if (protocol === 'sanic')
    return { framework: title, command: `sanic ${target.module}:${target.name} --host 0.0.0.0 --port $PORT`, notes: [] }
  return { framework: title, ...(protocol === 'wsgi' ? serveWsgi : serveAsgi)(target, packages), notes: [] }
}

function several(found: Found[]): AppError {
  const names = found.map(({ file, start }) => `${start.framework} (${file})`).join(' or ')
  return new AppError(
    'several_apps',
    `This can be run as ${names}. Name the folder of the one to run, or give its start command.`,
    { field: 'overrides.startCommand' },
  )
}
