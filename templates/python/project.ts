import type { Source } from '../../server/templates/source.ts'
import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { type CodeFile, readCode } from './code.ts'
import { type Install, readInstall } from './install.ts'
import { type PyProject, readPyProject } from './pyproject.ts'

/** What a repository's files say about it, before anything is decided. */
export type Project = { source: Source; pyproject: PyProject; install: Install; code: CodeFile[] }

export async function readProject({ source, settings }: PlanRequest): Promise<Project> {
  const pyproject = await readPyProject(source)
  const install = await readInstall(source, pyproject)
  const code = await readCode(source)
  return { source, pyproject, code, install: settings.installCommand ? own(install, settings.installCommand) : install }
}

/** A command of the user's may read any file. */
function own(install: Install, command: string): Install {
  const packages = { ...install.packages, needsSources: true }
  return { manager: install.manager, ...(install.tool && { tool: install.tool }), command, manifests: [], packages }
}
