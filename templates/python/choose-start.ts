import { AppError } from '../../server/errors.ts'
import { foldersWithApps } from '../../server/templates/find-folder.ts'
import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { MKDOCS } from './docs-site.ts'
import { type Found, findStart } from './find-start.ts'
import type { Packages } from './packages.ts'
import type { Project } from './project.ts'
import { unclear, unlisted } from './questions.ts'
import type { Start } from './start.ts'
import { readWishes, speaksPython } from './wishes.ts'

export type ChosenStart = Start & { release?: string }

/** Files with which apps of other languages begin. */
const OTHERS =
  'package.json go.mod Gemfile composer.json Cargo.toml pom.xml build.gradle build.gradle.kts mix.exs deno.json index.php'.split(
    ' ',
  )
const WEB =
  'django fastapi flask streamlit gradio dash litestar starlette quart sanic bottle nicegui python-fasthtml'.split(' ')

/**
 * What starts the app: the user's command, the Procfile, what was found, in this order. Undefined when this is no app in
 * Python. @throws no_start_command, several_apps
 */
export async function chooseStart(project: Project, request: PlanRequest): Promise<ChosenStart | undefined> {
  const { start: wished, release } = await readWishes(project.source, request.settings)
  const isNamed = request.settings.template === 'python'
  const start = wished === undefined ? await foundStart(project, isNamed) : await wishedStart(project, wished, isNamed)
  if (start === undefined) return undefined
  if (release !== undefined) return { ...start, release }
  const notes = start.framework === 'Django' ? [...start.notes, UNMIGRATED] : start.notes
  return { ...start, notes }
}

const UNMIGRATED = 'No release command: migrations are not run. Set it to python manage.py migrate.'

async function foundStart(project: Project, isNamed: boolean): Promise<Start | undefined> {
  const found = await findStart(project.source, project.code, project.install.packages)
  if (found && !isNamed && belongsToFolder(found.file, project)) return undefined
  if (!found && !isDocs(project) && (isNamed || isPython(project))) throw unclear(project.code)
  if (found && project.install.command === undefined && found.start.framework !== 'Python') throw unlisted(found)
  return found?.start
}

/** Of what was found, all but the command and where it listens holds for the wish as well. */
async function wishedStart(project: Project, command: string, isNamed: boolean): Promise<Start | undefined> {
  const found = await findLeniently(project)
  if (!isNamed && !mayRun(command, project, found)) return undefined
  const { framework = 'Python', build, environment, notes = [] } = found?.start ?? {}
  return {
    framework,
    command,
    ...(build !== undefined && { build }),
    ...(environment && { environment }),
    notes: framework === 'Django' ? notes : [],
  }
}

/** Whether a command is meant for this: a requirements.txt beside `npm start` serves tools. */
function mayRun(command: string, { source, install, code }: Project, found: Found | undefined): boolean {
  const hasPython = install.command !== undefined || code.some(({ file }) => !file.includes('/'))
  return hasPython && (speaksPython(command) ?? (found !== undefined || !OTHERS.some(source.has)))
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

/** Whether the repository is best shown by its documentation, where nothing in it serves. */
export const isDocs = ({ source, install }: Project): boolean =>
  source.has(MKDOCS) && !listsFramework(install.packages) && !OTHERS.some(source.has)

const listsFramework = ({ names }: Packages) => WEB.some((it) => names.has(it))

/** Whether a question about Python is the right one: not where another language or a folder below may have the app. */
function isPython({ source, install, code }: Project): boolean {
  if (listsFramework(install.packages)) return true
  if (OTHERS.some(source.has) || foldersWithApps(source).length > 0) return false
  const hasMain = code.some(({ file }) => /^(main|app|server|application|wsgi|asgi|run|bot)\.py$/.test(file))
  return install.command !== undefined || hasMain
}
