import type { CreateInput } from '../../../server/http/schemas.ts'
import type { CatalogView, DeploymentView, PlanView } from '../../../server/http/views.ts'
import {
  COMMAND,
  CPUS,
  DOCKERFILE,
  HEALTH_PATH,
  MEMORY_MB,
  OUTPUT_DIR,
  PORT,
  problemOf,
  problemOfVolumePath,
  START_TIMEOUT,
  STOP_SECONDS,
  TARGET,
  VOLUME_NAME,
} from '../../../server/limits.ts'

/** The overrides by the rule for each: those that are texts, and those that are numbers. */
const texts = {
  dockerfile: DOCKERFILE,
  target: TARGET,
  installCommand: COMMAND,
  buildCommand: COMMAND,
  startCommand: COMMAND,
  releaseCommand: COMMAND,
  preDeployCommand: COMMAND,
  postDeployCommand: COMMAND,
  outputDir: OUTPUT_DIR,
  healthPath: HEALTH_PATH,
}
const numbers = {
  port: PORT,
  startTimeoutSeconds: START_TIMEOUT,
  stopSeconds: STOP_SECONDS,
  memoryMb: MEMORY_MB,
  cpus: CPUS,
}

const keysOf = <T extends object>(of: T) => Object.keys(of) as (keyof T & string)[]

export type TextSetting = keyof typeof texts | keyof typeof numbers
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
  ...(Object.fromEntries(keysOf({ ...texts, ...numbers }).map((it) => [it, ''])) as Record<TextSetting, string>),
  template: '',
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
  const written = (name: TextSetting) => settings[name].trim()
  const pairs = [
    ...keysOf(texts).map((it) => [it, written(it)] as const),
    ...keysOf(numbers).map((it) => [it, written(it) && Number(written(it).replace(',', '.'))] as const),
  ]
  return {
    template: settings.template,
    overrides: Object.fromEntries(pairs.filter(([, value]) => value !== '')),
    volumes: settings.volumes
      .filter((it) => it.name.trim() !== '' || it.path.trim() !== '')
      .map(({ name, path }) => ({ name: name.trim(), path: path.trim() })),
  }
}

type Problem = [field: string, message: string | undefined]

/** What the server would refuse, by its own rules (server/limits.ts), by field name of the API. */
export function problemsOfSettings(settings: BuildSettings): Map<string, string> {
  const { overrides } = toBuildInput(settings)
  const all: Problem[] = [
    ...keysOf(numbers).map(
      (it): Problem => [`overrides.${it}`, check(overrides[it], (n) => problemOf(numbers[it], n))],
    ),
    ...keysOf(texts).map((it): Problem => [`overrides.${it}`, check(overrides[it], (t) => problemOf(texts[it], t))]),
    ...settings.volumes.flatMap(problemsOfVolume),
  ]
  return new Map(all.flatMap(([field, message]) => (message === undefined ? [] : [[field, message] as const])))
}

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
      installCommand: plan.commands.install ?? '',
      buildCommand: plan.commands.build ?? '',
      startCommand: plan.commands.start ?? '',
      releaseCommand: plan.commands.release ?? '',
    }),
    ...(plan?.port && { port: String(plan.port) }),
    ...(title !== undefined && { template: title }),
    ...(catalog && {
      memoryMb: String(catalog.defaults.memoryMb),
      cpus: String(catalog.defaults.cpus),
      startTimeoutSeconds: String(catalog.defaults.startTimeoutSeconds),
      stopSeconds: String(catalog.defaults.stopSeconds),
    }),
  }
}
