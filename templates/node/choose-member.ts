import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { Settings } from '../../server/templates/settings.ts'
import type { Framework } from './app.ts'
import { appOf } from './app-of.ts'
import { recogniseFramework } from './frameworks/recognise.ts'
import { allDependencies } from './install.ts'
import type { PackageManager } from './package-manager.ts'
import type { Member, Project } from './project.ts'

type Candidate = { member: Member; name: string }

/** Starts that only start others. */
const DELEGATES =
  /\b(turbo|nx|lerna|wsrun|concurrently|npm-run-all|run-p|workspaces|--recursive|-r|--parallel)\b|--filter[= ]'?\*/
const ONE_MEMBER =
  /(?:--filter[= ]|-F |-w[= ]|--workspace[= ]|-C |--dir[= ]|--prefix[= ]|\bworkspace |--cwd[= ]|^cd )['"]?(?:\{?\.\/)?(@?[\w./-]+?)(?:\.\.\.)?['"}]*(?=\s|$)/

/**
 * The folder of a workspace's app when its top was asked for: the top itself if it starts something of its own, else the one
 * package that is no library. The answer may bring a note.
 * @throws several_apps when there is more than one, no_start_command when there is none
 */
export async function chooseMember(
  project: Project,
  manager: PackageManager,
  settings: Settings,
): Promise<{ folder: string; notes: string[] }> {
  const { members } = project
  const start = await startOfTop(project, settings)
  const named = members.find((it) => it.folder !== '' && isNamed(it, ONE_MEMBER.exec(start ?? '')?.[1]))
  if (named)
    return { folder: named.folder, notes: [`The start script of the top runs ${named.folder}: that is deployed.`] }
  if (start !== undefined && !DELEGATES.test(start)) return { folder: '', notes: [] }
  const found = await candidates(project, manager, settings)
  const [only] = found
  if (only && found.length === 1)
    return { folder: only.member.folder, notes: [`The one app of this workspace is ${only.member.folder}.`] }
  throw found.length > 1 ? severalApps(found) : noApp(members)
}

/** What starts at the top of a project, as somebody wrote it. */
export const startOfTop = async ({ top, members }: Project, settings: Settings): Promise<string | undefined> =>
  settings.startCommand ?? (await readProcfile(top)).web ?? members[0]?.packageJson.scripts?.start

const isNamed = ({ folder, packageJson }: Member, name: string | undefined) =>
  name !== undefined && (packageJson.name === name || folder === name.replace(/\/$/, ''))

async function candidates({ members }: Project, manager: PackageManager, settings: Settings): Promise<Candidate[]> {
  const used = new Set(members.flatMap(({ packageJson }) => Object.keys(allDependencies(packageJson))))
  const found: Candidate[] = []
  for (const member of members.filter((it) => it.folder !== '' && !used.has(it.packageJson.name ?? ''))) {
    const name = await runsAs(member, manager, settings)
    if (name !== undefined) found.push({ member, name })
  }
  const apps = found.filter(({ member }) => /^(apps?|services?|sites?|projects)\//.test(member.folder))
  return apps.length > 0 ? apps : found
}

/** What a package is run as; undefined for a library: a main file alone is what other packages import. */
async function runsAs(member: Member, manager: PackageManager, settings: Settings): Promise<string | undefined> {
  const app = appOf(member, manager, settings)
  const framework = await recognised(app)
  if (framework === undefined) return 'not clear how it starts'
  const isRun = framework.serve ?? framework.start ?? app.scripts.start ?? (await readProcfile(member.source)).web
  return isRun === undefined ? undefined : framework.name
}

/** A package whose recognition raises a question is a candidate all the same. */
async function recognised(app: Parameters<typeof recogniseFramework>[0]): Promise<Framework | undefined> {
  try {
    return (await recogniseFramework(app)) ?? { name: 'Node.js' }
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

const severalApps = (found: Candidate[]) =>
  new AppError(
    'several_apps',
    `This workspace has several apps: ${found.map(({ member, name }) => `${member.folder} (${name})`).join(', ')}. Set the root folder to the one to deploy.`,
    { field: 'rootDir' },
  )

const noApp = (members: Member[]) =>
  new AppError(
    'no_start_command',
    `No package of this workspace has a start script or a known framework; looked into ${members.map((it) => it.folder || 'the top').join(', ')}. Add a start script, or set the root folder to the app.`,
    { field: 'overrides.startCommand' },
  )
