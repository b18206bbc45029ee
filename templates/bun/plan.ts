import { AppError } from '../../server/errors.ts'
import type { Settings } from '../../server/templates/settings.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { findStart, type Start } from './find-start.ts'
import { chooseVersion, readManifest } from './manifest.ts'

const LOCKS = ['bun.lock', 'bun.lockb']
/** What says how to install, where it is there. */
const MANIFESTS = [
  'package.json',
  ...LOCKS,
  'bunfig.toml',
  '.npmrc',
  'package-lock.json',
  'yarn.lock',
  'pnpm-lock.yaml',
]

/** An app that Bun runs. Where Bun only installs, the template node has it. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const start =
    (await findStart(source, settings.startCommand)) ?? (settings.template === 'bun' ? asSaid(settings) : undefined)
  if (start === undefined) return undefined
  const { isThere, scripts, dependencies, engine, needsSources } = await readManifest(source)
  const [version, notes] = await chooseVersion(source, engine)
  const frozen = LOCKS.some((it) => source.has(it)) ? ' --frozen-lockfile' : ''
  const install = settings.installCommand ?? (isThere ? `bun install${frozen}` : undefined)
  const build = settings.buildCommand ?? (scripts.build === undefined ? undefined : 'bun run build')
  return {
    framework: nameOf(dependencies),
    kind: 'server',
    commands: {
      ...(install !== undefined && { install }),
      ...(build !== undefined && { build }),
      start: start.command,
    },
    values: {
      version,
      needsSources: needsSources || settings.installCommand !== undefined,
      manifests: MANIFESTS.filter((it) => source.has(it)),
      frozen,
    },
    notes: [
      ...notes,
      ...start.notes,
      ...(isThere && frozen === '' ? ['There is no bun.lock: each build installs what is newest. Commit it.'] : []),
    ],
  }
}

function nameOf(dependencies: object): string {
  if ('elysia' in dependencies) return 'Bun (Elysia)'
  return 'hono' in dependencies ? 'Bun (Hono)' : 'Bun'
}

/** Who asks for this template by its name may start anything with it. */
function asSaid({ startCommand }: Settings): Start {
  if (startCommand !== undefined) return { command: startCommand, notes: [] }
  throw new AppError(
    'no_start_command',
    'Nothing says how Bun starts the app. Add a start script such as “bun src/index.ts” to package.json, or give a start command.',
    { field: 'overrides.startCommand' },
  )
}
