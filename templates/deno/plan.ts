import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { chooseVersion, type Project, readProject } from './deno-json.ts'
import { findStart, type Start } from './find-start.ts'

const MANIFESTS = ['deno.json', 'deno.jsonc', 'deno.lock', 'package.json', '.npmrc']
const isDeno = (command: string | undefined) => command !== undefined && /(^|\s)deno\s/.test(command)

/** An app that Deno runs, by its deno.json or by what its main file calls. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const project = await readProject(source)
  const procfile = await readProcfile(source)
  const said = settings.startCommand ?? procfile.web
  const isForced = settings.template === 'deno'
  const found = await findStart(source, project)
  if (!isForced && !isDeno(said) && isOfNode(project, found)) return undefined
  const start = said === undefined ? found : { command: said, notes: [] }
  if (start === undefined) return project.file === undefined && !isForced ? undefined : ask()
  const [version, notes] = await chooseVersion(source)
  const manifests = MANIFESTS.filter((it) => source.has(it))
  const frozen = project.isLocked ? ' --frozen' : ''
  const installs = project.file !== undefined || project.hasPackageJson
  const install = settings.installCommand ?? (installs ? `deno install${frozen}` : undefined)
  const build = settings.buildCommand ?? buildOf(project)
  const entry = found?.entry ?? entryIn(project.tasks.start ?? start.command)
  return {
    framework: nameOf(project),
    kind: 'server',
    commands: {
      ...(install !== undefined && { install }),
      ...(build !== undefined && { build }),
      start: start.command,
    },
    values: {
      version,
      manifests,
      needsSources: project.needsSources || settings.installCommand !== undefined,
      entry: entry !== undefined && source.has(entry) ? entry : undefined,
      // a permission for some addresses alone would not cover the one that this names
      setsAddress: !/--allow-net=/.test(`${project.tasks.start} ${start.command}`),
    },
    notes: [...notes, ...start.notes],
  }
}

/** A package.json with a start of its own, and a deno.json for formatting or none at all: Node's. */
function isOfNode({ file, isUsed, hasPackageJson, nodeStart, tasks }: Project, found: Start | undefined): boolean {
  if (!hasPackageJson || isDeno(nodeStart)) return false
  if (file === undefined || !isUsed) return nodeStart !== undefined || found === undefined
  return nodeStart !== undefined && tasks.start === undefined
}

/** A build task; what makes one file of the program is not needed where Deno is there to run it. */
function buildOf({ tasks: { build } }: Project): string | undefined {
  return build === undefined || /\bdeno compile\b/.test(build) ? undefined : 'deno task build'
}

/** The file a command of Deno's runs: what it imports is fetched while building. */
const entryIn = (command: string) =>
  /\bdeno (?:run|serve)\s(?:.*\s)?(?:\.\/)?([\w./-]+\.[cm]?[jt]sx?)\b/.exec(command)?.[1]

const nameOf = ({ tasks, file }: Project) =>
  file !== undefined && /\bfresh\b|_fresh|dev\.ts/.test(JSON.stringify(tasks)) ? 'Deno (Fresh)' : 'Deno'

function ask(): never {
  throw new AppError(
    'no_start_command',
    'There is a deno.json, and neither a start task in it nor a main.ts or server.ts. Add a task “start”, such as “deno run --allow-net main.ts”, or give a start command.',
    { field: 'overrides.startCommand' },
  )
}
