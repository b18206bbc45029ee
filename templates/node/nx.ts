import path from 'node:path'
import { AppError } from '../../server/errors.ts'
import { textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'

/**
 * Asks what to build of an Nx repository whose apps have a project.json each and one package.json together: what their
 * plugins make, and where, is only known to Nx itself.
 * @throws no_start_command
 */
export async function askWhichOfNx(top: Source, start: string | undefined): Promise<void> {
  if (!top.has('nx.json') || top.has('project.json') || (start !== undefined && !/\bnx\b/.test(start))) return
  const files = top.files.filter((file) => /^(apps|packages|projects)\/.+\/?project\.json$/.test(file))
  const projects = await Promise.all(
    files.map(async (file): Promise<Project> => ({ ...textsIn(await top.json(file)), file })),
  )
  const apps = projects.filter((it) => it.projectType === 'application' && !/-e2e\/project\.json$/.test(it.file))
  const [first] = apps
  if (first === undefined) return
  const names = apps.map((it) => nameOf(it))
  const output = `dist/${path.posix.dirname(first.file)}`
  throw new AppError(
    'no_start_command',
    `This is an Nx repository with ${names.join(', ')}. Set the build command, such as “nx build ${names[0]}”, and for a site the output folder, such as “${output}”, or for a server the start command, such as “node ${output}/main.js”.`,
    { field: 'overrides.buildCommand' },
  )
}

type Project = { name?: string; projectType?: string; file: string }

const nameOf = ({ name, file }: Project) => name ?? path.posix.basename(path.posix.dirname(file))
