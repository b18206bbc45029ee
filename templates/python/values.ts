import type { PlanRequest } from '../../server/templates/template-plan.ts'
import type { ChosenStart } from './choose-start.ts'
import type { Project } from './project.ts'
import { namesOf } from './pyproject.ts'
import { readPythonVersion } from './python-version.ts'
import { missingServers, requirementOf } from './start.ts'
import { systemPackages } from './system-packages.ts'

type BuildValues = { values: Record<string, unknown>; notes: string[]; extraFiles?: Record<string, string> }

/** What Dockerfile.njk is given. Nothing of the repository gets there but what was matched against an allow-list. */
export async function buildValues(project: Project, start: ChosenStart, { source }: PlanRequest): Promise<BuildValues> {
  const { install, pyproject } = project
  const version = await readPythonVersion(source, pyproject)
  const servers = missingServers(start.command, install.packages)
  const copies = copiesOf(install.manifests)
  const values = {
    version: version.tag,
    manager: install.manager,
    tool: install.tool,
    isSeeded: install.manager === 'pipenv' || isOld(version.tag),
    systemPackages: systemPackages(install.packages),
    sourcesFirst: install.packages.needsSources || copies === undefined,
    copies: copies ?? [],
    extraFiles: Object.keys(install.extraFiles ?? {}),
    servers: servers.map(requirementOf),
    isInstalled: needsItself(project, start),
    environment: { ...environmentOf(project), ...start.environment },
  }
  const added = servers.map((it) => `${it} is not among the dependencies and was added: list it to choose its version.`)
  return { values, notes: [...version.notes, ...added], ...(install.extraFiles && { extraFiles: install.extraFiles }) }
}

type Copy = { files: string[]; to: string }

/** The manifests by their folders, as COPY takes them; undefined when one has a name that a Dockerfile could misread. */
function copiesOf(manifests: readonly string[]): Copy[] | undefined {
  if (!manifests.every((it) => /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(it))) return undefined
  const folderOf = (file: string) => file.slice(0, file.lastIndexOf('/') + 1)
  const folders = [...new Set(manifests.map(folderOf))]
  return folders.map((folder) => ({ to: `./${folder}`, files: manifests.filter((it) => folderOf(it) === folder) }))
}

/** Up to 3.11 virtual environments came with setuptools, and packages of that time import it without saying so. */
const isOld = (tag: string) => Number(tag.split('.')[1]) <= 11

/** Whether the project itself must be installed: its own program is started, or it asks for its own version. */
function needsItself({ pyproject, code, source }: Project, { command }: ChosenStart): boolean {
  const { name, programs } = namesOf(pyproject)
  const canBe = pyproject['build-system'] !== undefined || source.has('setup.py')
  const program = command.trim().split(/\s+/)[0] ?? ''
  const names = ['__package__', '__name__', ...(name === undefined ? [] : [`"${name}"`, `'${name}'`])]
  const asks = code.some(({ text }) => /\bmetadata\b/.test(text) && names.some((it) => text.includes(`version(${it})`)))
  return canBe && (programs.includes(program) || asks)
}

/** Listening where Slipway asks, for those commands that do not say it: every program reads only its own variables. */
function environmentOf({ install: { packages } }: Project): Record<string, string> {
  const has = (...names: string[]) => names.some((it) => packages.names.has(it))
  return {
    ...(has('flask', 'apiflask', 'quart') && { FLASK_RUN_HOST: '0.0.0.0', FLASK_RUN_PORT: '$PORT' }),
    ...(has('uvicorn', 'fastapi', 'litestar') && { UVICORN_HOST: '0.0.0.0', UVICORN_PORT: '$PORT' }),
    ...(has('streamlit') && {
      STREAMLIT_SERVER_ADDRESS: '0.0.0.0',
      STREAMLIT_SERVER_PORT: '$PORT',
      STREAMLIT_SERVER_HEADLESS: 'true',
      STREAMLIT_BROWSER_GATHER_USAGE_STATS: 'false',
    }),
    ...(has('gradio') && { GRADIO_SERVER_NAME: '0.0.0.0', GRADIO_SERVER_PORT: '$PORT' }),
    ...(has('dash') && { HOST: '0.0.0.0' }),
  }
}
