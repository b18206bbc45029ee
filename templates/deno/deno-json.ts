import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'

type Json = {
  tasks?: Record<string, unknown> | null
  imports?: unknown
  workspace?: unknown
  links?: unknown
  lock?: unknown
}
type PackageJson = { scripts?: Record<string, unknown> | null }

export type Project = {
  /** deno.json or deno.jsonc; undefined where there is neither. */
  file: string | undefined
  tasks: Record<string, string>
  /** It says more than how to format and lint, so Deno does more here than that. */
  isUsed: boolean
  /** Installing needs the other packages of a workspace, too. */
  needsSources: boolean
  isLocked: boolean
  /** The start script of a package.json. */
  nodeStart: string | undefined
  hasPackageJson: boolean
}

/** What deno.json says, as far as it is what it should be. */
export async function readProject(source: Source): Promise<Project> {
  const file = ['deno.json', 'deno.jsonc'].find((it) => source.has(it))
  const json = file === undefined ? undefined : await source.json<Json | null>(file)
  const { imports, workspace, links, lock } = json ?? {}
  const tasks = Object.entries(json?.tasks ?? {}).map(([name, task]) => [name, commandOf(task)])
  const node = await source.json<PackageJson | null>('package.json')
  const nodeStart = node?.scripts?.start
  return {
    file,
    tasks: Object.fromEntries(tasks.filter(([, command]) => command !== undefined)),
    isUsed: tasks.length > 0 || imports !== undefined || workspace !== undefined,
    needsSources: workspace !== undefined || links !== undefined,
    isLocked: source.has('deno.lock') && lock !== false,
    nodeStart: typeof nodeStart === 'string' ? nodeStart : undefined,
    hasPackageJson: node !== undefined,
  }
}

/** A task is a command, or an object that has one (docs.deno.com/runtime/reference/cli/task). */
function commandOf(task: unknown): string | undefined {
  if (typeof task === 'string') return task
  if (typeof task !== 'object' || task === null || !('command' in task)) return undefined
  return typeof task.command === 'string' ? task.command : undefined
}

/** Deno's images have exact versions only, no tag for a line (denoland/deno_docker, issue 173). */
const NEWEST = ['1.46.3', '2.9.6']
const DEFAULT = '2.9.6'

/** The tag of denoland/deno, and a sentence where the version that is wanted cannot be had. */
export async function chooseVersion(source: Source): Promise<[string, string[]]> {
  const wanted = (await readVersionFile(source, '.dvmrc', '.deno-version')) ?? (await readToolVersion(source, 'deno'))
  const picked = await pickVersion(wanted, NEWEST)
  if (picked !== undefined || wanted === undefined) return [picked ?? DEFAULT, []]
  return [DEFAULT, [`Deno ${wanted} names no version that has an image: ${DEFAULT} is used. Write all three numbers.`]]
}
