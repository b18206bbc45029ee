import type { Recipe } from '../db/releases.ts'
import { AppError } from '../errors.ts'
import {
  COMMAND,
  CPUS,
  DOCKERFILE,
  HEALTH_PATH,
  MEMORY_MB,
  OUTPUT_DIR,
  PORT,
  problemOf,
  START_TIMEOUT,
  STOP_SECONDS,
  TARGET,
  TEMPLATE,
} from '../limits.ts'
import { checkRelativePath } from '../repository.ts'
import { KEY_PATTERN, problemOfKey, problemOfValue } from '../variables.ts'
import type { Source } from './source.ts'

/** What slipway.json in the app's folder can say: the overrides of the UI by the same names, and these. */
export type Settings = Recipe['settings']
export type RepositorySettings = Settings & { env?: Record<string, string> }

const SETTINGS_FILE = 'slipway.json'

const texts = (description: string) => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  propertyNames: { pattern: KEY_PATTERN },
  description,
})
const text = <T extends object>(rule: T) => ({ type: 'string', ...rule })

const properties = {
  $schema: { type: 'string', description: 'Where editors find this schema.' },
  template: text(TEMPLATE),
  dockerfile: text(DOCKERFILE),
  target: text(TARGET),
  buildArgs: texts('Arguments of the Dockerfile (ARG), names and texts.'),
  installCommand: text(COMMAND),
  buildCommand: text(COMMAND),
  startCommand: text(COMMAND),
  releaseCommand: text(COMMAND),
  preDeployCommand: text(COMMAND),
  postDeployCommand: text(COMMAND),
  outputDir: text(OUTPUT_DIR),
  port: PORT,
  healthPath: text(HEALTH_PATH),
  startTimeoutSeconds: START_TIMEOUT,
  stopSeconds: STOP_SECONDS,
  memoryMb: MEMORY_MB,
  cpus: { type: 'number', ...CPUS },
  env: texts('Variables for the build and the app that are no secrets, names and texts.'),
} as const

/** The JSON schema of slipway.json. */
export const settingsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'slipway.json',
  description: 'How Slipway builds and runs this app. What is set in the UI wins over it.',
  type: 'object',
  additionalProperties: false,
  properties,
} as const

/** @throws settings_invalid for a key nobody knows, with the nearest that is, and for a value that does not fit. */
export async function readSettings(source: Source): Promise<RepositorySettings> {
  const { $schema: _, ...settings } = (await source.json<Record<string, unknown>>(SETTINGS_FILE)) ?? {}
  for (const [key, value] of Object.entries(settings)) {
    if (!isKnown(key)) throw invalid(`does not know “${key}”. ${await nearestTo(key)}`)
    const problem = problemOfSetting(key, value)
    if (problem !== undefined) throw invalid(`has a “${key}” that does not fit. ${problem}`)
  }
  return settings
}

const invalid = (what: string) => new AppError('settings_invalid', `${SETTINGS_FILE} ${what}`)
const isKnown = (key: string): key is keyof typeof properties => Object.hasOwn(properties, key)

async function nearestTo(key: string): Promise<string> {
  const { closest, distance } = await import('fastest-levenshtein')
  const known = Object.keys(properties)
  const nearest = closest(key, known)
  return distance(key.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, key.length / 3)
    ? `Did you mean “${nearest}”?`
    : `It knows ${known.slice(1).join(', ')}.`
}

function problemOfSetting(key: keyof typeof properties, value: unknown): string | undefined {
  const rule = properties[key]
  if (rule.type === 'object') return problemOfTexts(key, value)
  const wanted = rule.type === 'integer' ? 'number' : rule.type
  if (typeof value !== wanted) return `It must be a ${wanted === 'string' ? 'text' : 'number'}.`
  if (key === 'dockerfile' && !isRelativePath(String(value))) return DOCKERFILE.description
  return typeof value === 'string'
    ? problemOf(rule as typeof COMMAND, value)
    : problemOf(rule as typeof PORT, value as number)
}

function problemOfTexts(key: string, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'It must be names with texts.'
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') return `Write the value of ${name} as a text, in quotes.`
    const problem = problemOfKey(name) ?? problemOfValue(name, text)
    if (problem !== undefined) return problem
    if (key === 'env' && name === 'PORT') return 'Set the port by “port”.'
  }
  return undefined
}

function isRelativePath(path: string): boolean {
  try {
    return checkRelativePath(path, SETTINGS_FILE) === path
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}
