import type { CreateInput } from '../../../server/http/schemas.ts'
import type { CatalogView, DeploymentView, PlanView } from '../../../server/http/views.ts'

export type TextSetting = 'dockerfile' | 'buildCommand' | 'startCommand' | 'port' | 'healthPath' | 'memoryMb' | 'cpus'
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
      ...(text('memoryMb') && { memoryMb: Number(text('memoryMb')) }),
      ...(text('cpus') && { cpus: Number(text('cpus').replace(',', '.')) }),
    },
    volumes: settings.volumes
      .filter((it) => it.name.trim() !== '' || it.path.trim() !== '')
      .map(({ name, path }) => ({ name: name.trim(), path: path.trim() })),
  }
}

/** What a schema would refuse in words nobody wants to read, by field name of the API. The server knows the other rules. */
export function problemsOfSettings(settings: BuildSettings): Map<string, string> {
  const { overrides } = toBuildInput(settings)
  const problems = new Map<string, string>()
  const need = (field: string, isFine: boolean, message: string) => void (isFine || problems.set(field, message))
  const { port = 1, memoryMb = 16, cpus = 1, healthPath = '/' } = overrides
  need('overrides.port', Number.isInteger(port) && port > 0 && port < 65_536, 'A port is a number from 1 to 65535.')
  need('overrides.memoryMb', Number.isInteger(memoryMb) && memoryMb >= 16, 'Give whole MiB, at least 16.')
  need('overrides.cpus', cpus >= 0.05 && cpus <= 1024, 'Give a number of cores from 0.05, such as 0.5 or 2.')
  need('overrides.healthPath', /^\/(?!\/)[^\s?#]*(\?\S*)?$/.test(healthPath), 'A path begins with one slash: /health.')
  for (const [index, volume] of settings.volumes.entries()) {
    const [name, path] = [volume.name.trim(), volume.path.trim()]
    if (name === '' && path === '') continue
    const isName = /^[a-z0-9][a-z0-9_-]{0,40}$/.test(name)
    need(`volumes.${index}.name`, isName, 'A name has small letters, digits, hyphens and underscores.')
    const isPath = /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(path)
    need(`volumes.${index}.path`, isPath, 'A path is absolute, such as /data.')
  }
  return problems
}

/** What a plan and the catalogue say about settings that are left empty. */
export function detectedIn(plan: PlanView | undefined, catalog: CatalogView | undefined): Detected {
  const title = catalog?.templates.find((it) => it.name === plan?.template)?.title
  return {
    ...(plan && {
      healthPath: plan.healthPath,
      dockerfile: plan.dockerfilePath ?? '',
      ...commandsIn(plan.dockerfile ?? ''),
    }),
    ...(plan?.port && { port: String(plan.port) }),
    ...(title !== undefined && { template: title }),
    ...(catalog && { memoryMb: String(catalog.defaults.memoryMb), cpus: String(catalog.defaults.cpus) }),
  }
}

/** The commands in a Dockerfile that Slipway wrote: it gives them to a shell as a JSON array (templates/node). */
function commandsIn(dockerfile: string): Detected {
  const commandAfter = (instruction: string) =>
    new RegExp(`^${instruction}\\b.*\\["/bin/sh", *"-c", *("(?:[^"\\\\]|\\\\.)*")\\]$`, 'm').exec(dockerfile)?.[1]
  const [build, start] = [commandAfter('RUN'), commandAfter('CMD')]
  return {
    ...(build !== undefined && { buildCommand: String(JSON.parse(build)) }),
    ...(start !== undefined && { startCommand: String(JSON.parse(start)) }),
  }
}
