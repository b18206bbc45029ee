import { type Delivery, defaultDelivery, type EnvVariable, type Overrides, type Volume } from '../db/deployments.ts'
import { AppError } from '../errors.ts'
import { problemOfVolumePath } from '../limits.ts'
import { isReservedSubdomain, normalizeSubdomain } from '../names.ts'
import { checkRelativePath } from '../repository.ts'
import { isPublicKey, MAX_TOTAL_BYTES, problemOfKey, problemOfValue } from '../variables.ts'
import type { ChangeInput, DeliveryInput } from './schemas.ts'

/** What a schema cannot say about input, in rules. All throw invalid_input with the field. */

/** @throws invalid_input, subdomain_reserved */
export function checkSubdomain(raw: string): string {
  const subdomain = normalizeSubdomain(raw)
  if (subdomain === undefined) {
    throw new AppError(
      'invalid_input',
      'A subdomain has 1 to 63 letters a–z, digits and hyphens, and neither begins nor ends with a hyphen.',
      { field: 'subdomain' },
    )
  }
  if (isReservedSubdomain(subdomain)) {
    throw new AppError('subdomain_reserved', `The subdomain ${subdomain} is reserved. Choose another one.`, {
      field: 'subdomain',
    })
  }
  return subdomain
}

/** What a push does, over how it was; a limit that is null is given up. */
export function checkDelivery({ previews, ...input }: DeliveryInput, before = defaultDelivery): Delivery {
  const { memoryMb, cpus, ...rest } = { ...before.previews, ...previews }
  const limits = { ...(memoryMb != null && { memoryMb }), ...(cpus != null && { cpus }) }
  return { ...before, ...input, previews: { ...rest, ...limits } }
}

/** The engine takes those for the build in the address of a request, which may have 1 MiB with all its headers. */
const MAX_BUILD_LENGTH = 1_000_000

/**
 * Checks variables and fills in what was left out: a value that is missing is taken from `stored`. The last one of a
 * name counts.
 */
export function checkEnv(input: NonNullable<ChangeInput['env']>, stored: EnvVariable[] = []): EnvVariable[] {
  const variables = new Map<string, EnvVariable>()
  for (const { key, value, secret, buildTime } of input) {
    const badKey = problemOfKey(key)
    if (badKey !== undefined) throw new AppError('invalid_input', badKey, { field: 'env' })
    const before = stored.find((it) => it.key === key)
    const text = value ?? before?.value
    if (text === undefined) throw new AppError('invalid_input', `The variable ${key} has no value.`, { field: 'env' })
    const badValue = problemOfValue(key, text)
    if (badValue !== undefined) throw new AppError('invalid_input', badValue, { field: 'env' })
    variables.set(key, {
      key,
      value: text,
      secret: secret ?? before?.secret ?? false,
      buildTime: buildTime ?? before?.buildTime ?? isPublicKey(key),
    })
  }
  const env = [...variables.values()]
  if (env.reduce((sum, it) => sum + it.key.length + Buffer.byteLength(it.value) + 2, 0) > MAX_TOTAL_BYTES) {
    throw new AppError('invalid_input', 'The variables are longer than 1 MiB together.', { field: 'env' })
  }
  const forBuild = env.filter((it) => it.buildTime).map(({ key, value }) => [key, value])
  if (encodeURIComponent(JSON.stringify(Object.fromEntries(forBuild))).length > MAX_BUILD_LENGTH) {
    throw new AppError(
      'invalid_input',
      'The variables for the build are too long together. Leave out buildTime where the build does not need them.',
      { field: 'env' },
    )
  }
  return env
}

export function checkOverrides(overrides: Overrides): Overrides {
  if (overrides.dockerfile !== undefined) checkRelativePath(overrides.dockerfile, 'overrides.dockerfile')
  return overrides
}

export function checkVolumes(volumes: Volume[]): Volume[] {
  for (const { path } of volumes) {
    const problem = problemOfVolumePath(path)
    if (problem !== undefined) throw new AppError('invalid_input', problem, { field: 'volumes' })
  }
  for (const part of ['name', 'path'] as const) {
    if (new Set(volumes.map((it) => it[part])).size < volumes.length) {
      throw new AppError('invalid_input', `Two volumes have the same ${part}.`, { field: 'volumes' })
    }
  }
  return volumes
}
