import { AppError } from '../../server/errors.ts'
import { foldersWithApps } from '../../server/templates/find-folder.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { type Found, findStart } from './find-start.ts'
import { FRAMEWORKS } from './object-apps.ts'
import type { Packages } from './packages.ts'
import type { Project } from './project.ts'
import type { Start } from './start.ts'

export type ChosenStart = Start & { release?: string }

/** Files with which apps of other languages begin. */
const OTHERS =
  'package.json go.mod Gemfile composer.json Cargo.toml pom.xml build.gradle build.gradle.kts mix.exs deno.json index.php'.split(
    ' ',
  )
const SPEAKS_PYTHON =
  /\b(python[\d.]*|gunicorn|uvicorn|hypercorn|daphne|granian|waitress-serve|uwsgi|flask|fastapi|streamlit|sanic|litestar|chainlit|panel|(uv|poetry|pdm|pipenv) run)\b|\.py\b/
/** They run what they are given in the virtual environment, which is on the image's path; they themselves are not there. */
const RUNNERS = /^\s*(?:uv|poetry|pdm|pipenv|hatch) run (?:--\S+ )*/
const WEB =
  'django fastapi flask streamlit gradio dash litestar starlette quart sanic bottle nicegui python-fasthtml'.split(' ')

/**
 * What starts the app: the user's command, the Procfile, what was found, in this order. Undefined when this is no app in
 * Python. @throws no_start_command, several_apps
 */
export async function chooseStart(
  project: Project,
  { settings, source }: PlanRequest,
): Promise<ChosenStart | undefined> {
  const procfile = await readProcfile(source)
  const wished = settings.startCommand ?? procfile.web
  const release = settings.releaseCommand ?? procfile.release
  const isNamed = settings.template === 'python'
  if (wished !== undefined) {
    if (!isNamed && !mayRun(wished, project)) return undefined
    const found = await findLeniently(project)
    return { ...asWished(wished, found), ...(release !== undefined && { release: withoutRunner(release) }) }
  }
  const found = await findStart(source, project.code, project.install.packages)
  if (found && !isNamed && belongsToFolder(found.file, project)) return undefined
  if (!found && (isNamed || isPython(project))) throw unclear(project)
  if (!found) return undefined
  if (project.install.command === undefined && found.start.framework !== 'Python') throw unlisted(found)
  return { ...found.start, ...(release !== undefined && { release: withoutRunner(release) }) }
}

const withoutRunner = (command: string) => command.replace(RUNNERS, '')

/** Whether a start command is meant for this: a requirements.txt beside `npm start` serves tools. */
function mayRun(command: string, project: Project): boolean {
  const hasPython = project.install.command !== undefined || project.code.some(({ file }) => !file.includes('/'))
  return hasPython && (SPEAKS_PYTHON.test(command) || !OTHERS.some(project.source.has))
}

/** Of what was found, all but the command and where it listens holds for the wish as well. */
function asWished(command: string, found: Found | undefined): Start {
  const { framework = 'Python', build, environment, notes = [] } = found?.start ?? {}
  return {
    framework,
    command: withoutRunner(command),
    ...(build !== undefined && { build }),
    ...(environment && { environment }),
    notes: framework === 'Django' ? notes : [],
  }
}

/** A start command answers the questions that the code leaves open. */
async function findLeniently({ source, code, install }: Project): Promise<Found | undefined> {
  try {
    return await findStart(source, code, install.packages)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** An app in a folder with dependencies of its own is that folder's, unless the top lists its framework. */
function belongsToFolder(file: string, { source, install }: Project): boolean {
  const folder = file.split('/').slice(0, -1).join('/')
  const hasOwn = ['requirements.txt', 'pyproject.toml', 'Pipfile'].some((it) => source.has(`${folder}/${it}`))
  return folder !== '' && hasOwn && !listsFramework(install.packages)
}

const listsFramework = ({ names }: Packages) => WEB.some((it) => names.has(it))

/** Whether a question about Python is the right one: not where another language or a folder below may have the app. */
function isPython({ source, install, code }: Project): boolean {
  if (listsFramework(install.packages)) return true
  if (OTHERS.some(source.has) || foldersWithApps(source).length > 0) return false
  return (
    install.command !== undefined ||
    code.some(({ file }) => /^(main|app|server|application|wsgi|asgi|run|bot)\.py$/.test(file))
  )
}

function unlisted({ file, start }: Found): AppError {
  return new AppError(
    'no_start_command',
    `${file} uses ${start.framework}, but nothing lists what to install. Add a requirements.txt with ${start.framework.toLowerCase()} and whatever else is imported.`,
  )
}

function unclear({ code }: Project): AppError {
  const main = code.find(({ file }) => !file.includes('/'))?.file
  const titles = [...new Set(FRAMEWORKS.map((it) => it.title))].slice(0, -2).join(', ')
  const found = main === undefined ? 'No file' : `Neither ${main} nor another file`
  return new AppError(
    'no_start_command',
    `This is Python, but what to start is not clear. ${found} makes an app of ${titles}, Streamlit, Gradio or Dash or serves HTTP by itself, and there is no manage.py. Give a start command, such as python ${main ?? 'main.py'}, or add a Procfile with a line web: …`,
  )
}
