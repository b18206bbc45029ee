import type { CreateInput } from '../../../server/http/schemas.ts'
import type { CatalogView, DeploymentView, PlanView } from '../../../server/http/views.ts'
import {
  COMMAND,
  CPUS,
  DOCKERFILE,
  HEALTH_PATH,
  MEMORY_MB,
  PORT,
  problemOf,
  problemOfVolumePath,
  START_TIMEOUT,
  VOLUME_NAME,
} from '../../../server/limits.ts'

export type TextSetting =
  | 'dockerfile'
  | 'buildCommand'
  | 'startCommand'
  | 'port'
  | 'healthPath'
  | 'startTimeoutSeconds'
  | 'memoryMb'
  | 'cpus'
/** How an app is built and run, as it stands in the form: empty text leaves it to what was detected. */
export type BuildSettings = Record<TextSetting, string> & {
  /** The name of a template; empty lets the repository decide. */
  template: string
  volumes: { name: string; path: string }[]
}
/** What is used where a setting is left empty, as far as it is known. */
export type Detected = Partial<Record<TextSetting | 'template', string>>
type BuildInput = Pick<CreateInput, 'template' | 'overrides' | 'volumes'>

export const emptySettings = (): BuildSettings => ({
  template: '',
  dockerfile: '',
  buildCommand: '',
  startCommand: '',
  port: '',
  healthPath: '',
  startTimeoutSeconds: '',
  memoryMb: '',
  cpus: '',
  volumes: [],
})

/** The settings a deployment has. */
export function settingsOf({ chosenTemplate, overrides, volumes }: DeploymentView): BuildSettings {
  const texts = Object.entries(overrides).map(([name, value]) => [name, String(value)])
  return {
    ...emptySettings(),
    ...Object.fromEntries(texts),
    template: chosenTemplate ?? '',
    volumes: volumes.map((it) => ({ ...it })),
  }
}

/** All three parts for the API, as a change of a deployment needs them: what is empty is given up. */
export function toBuildInput(settings: BuildSettings): Required<BuildInput> {
  const text = (name: TextSetting) => settings[name].trim()
  return {
    template: settings.template,
    overrides: {
      ...(text('dockerfile') && { dockerfile: text('dockerfile') }),
      ...(text('buildCommand') && { buildCommand: text('buildCommand') }),
      ...(text('startCommand') && { startCommand: text('startCommand') }),
      ...(text('port') && { port: Number(text('port')) }),
      ...(text('healthPath') && { healthPath: text('healthPath') }),
      ...(text('startTimeoutSeconds') && { startTimeoutSeconds: Number(text('startTimeoutSeconds')) }),
      ...(text('memoryMb') && { memoryMb: Number(text('memoryMb')) }),
      ...(text('cpus') && { cpus: Number(text('cpus').replace(',', '.')) }),
    },
    volumes: settings.volumes
      .filter((it) => it.name.trim() !== '' || it.path.trim() !== '')
      .map(({ name, path }) => ({ name: name.trim(), path: path.trim() })),
  }
}

type Problem = [field: string, message: string | undefined]

/** What the server would refuse, by its own rules (server/limits.ts), by field name of the API. */
export function problemsOfSettings(settings: BuildSettings): Map<string, string> {
  const { overrides } = toBuildInput(settings)
  const texts = { healthPath: HEALTH_PATH, dockerfile: DOCKERFILE, buildCommand: COMMAND, startCommand: COMMAND }
  const numbers = { port: PORT, startTimeoutSeconds: START_TIMEOUT, memoryMb: MEMORY_MB, cpus: CPUS }
  const all: Problem[] = [
    ...keysOf(numbers).map(
      (it): Problem => [`overrides.${it}`, check(overrides[it], (n) => problemOf(numbers[it], n))],
    ),
    ...keysOf(texts).map((it): Problem => [`overrides.${it}`, check(overrides[it], (t) => problemOf(texts[it], t))]),
    ...settings.volumes.flatMap(problemsOfVolume),
  ]
  return new Map(all.flatMap(([field, message]) => (message === undefined ? [] : [[field, message] as const])))
}

const keysOf = <T extends object>(of: T) => Object.keys(of) as (keyof T & string)[]
const check = <T>(value: T | undefined, say: (value: T) => string | undefined) =>
  value === undefined ? undefined : say(value)

/** A row that is wholly empty is none. */
function problemsOfVolume(volume: { name: string; path: string }, index: number): Problem[] {
  const [name, path] = [volume.name.trim(), volume.path.trim()]
  if (name === '' && path === '') return []
  return [
    [`volumes.${index}.name`, problemOf(VOLUME_NAME, name)],
    [`volumes.${index}.path`, problemOfVolumePath(path)],
  ]
}

/** What a plan and the catalogue say about settings that are left empty. */
export function detectedIn(plan: PlanView | undefined, catalog: CatalogView | undefined): Detected {
  const title = catalog?.templates.find((it) => it.name === plan?.template)?.title
  return {
    ...(plan && {
      healthPath: plan.healthPath,
      dockerfile: plan.dockerfilePath ?? '',
      buildCommand: plan.commands.build ?? '',
      startCommand: plan.commands.start ?? '',
    }),
    ...(plan?.port && { port: String(plan.port) }),
    ...(title !== undefined && { template: title }),
    ...(catalog && {
      memoryMb: String(catalog.defaults.memoryMb),
      cpus: String(catalog.defaults.cpus),
      startTimeoutSeconds: String(catalog.defaults.startTimeoutSeconds),
    }),
  }
}
