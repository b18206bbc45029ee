import type { Source } from './source.ts'

/** Nobody writes a longer version or range; reading one takes semver a time that grows with its square. */
const MAX_LENGTH = 200

/** The version of a tool that a version manager is told, by one of its names there: asdf's .tool-versions, mise.toml. */
export async function readToolVersion(source: Source, ...names: string[]): Promise<string | undefined> {
  const text = (await source.text('.tool-versions')) ?? ''
  for (const name of names) {
    const version = new RegExp(`^[ \\t]*${name}[ \\t]+(\\S+)`, 'm').exec(text)?.[1]
    if (version !== undefined) return version.slice(0, MAX_LENGTH)
  }
  const tools = (await readMise(source))?.tools ?? {}
  const found = names.map((name) => tools[name]).find((it) => typeof it === 'string' || typeof it === 'number')
  return found === undefined ? undefined : String(found)
}

async function readMise(source: Source): Promise<{ tools?: Record<string, unknown> } | undefined> {
  return (await source.toml('mise.toml')) ?? (await source.toml('.mise.toml'))
}

/** The first line of a version file such as .nvmrc that says something, without a leading `v`. */
export async function readVersionFile(source: Source, ...files: string[]): Promise<string | undefined> {
  for (const file of files) {
    const lines = ((await source.text(file)) ?? '').split(/\r?\n/).map((line) => line.replace(/#.*/, '').trim())
    const version = lines.find((line) => line !== '')
    if (version !== undefined) return version.slice(0, MAX_LENGTH).replace(/^v(?=\d)/, '')
  }
  return undefined
}

/**
 * The tag of an official image for a wanted version: an exact version as it is (`20.11.1`), of a range or a part of a
 * version (`>=20`, `20.x`, `^3.2`) the newest of `lines` that fits, such as `['18', '20', '22', '24']`.
 * Undefined when none fits, or nothing sensible was wanted.
 */
export async function pickVersion(wanted: string | undefined, lines: readonly string[]): Promise<string | undefined> {
  if (wanted === undefined || wanted.length > MAX_LENGTH) return undefined
  if (/^\d+\.\d+\.\d+$/.test(wanted)) return wanted
  const { coerce, intersects, validRange } = (await import('semver')).default
  const range = validRange(wanted)
  if (range === null) return undefined
  const newestFirst = lines.toSorted((a, b) => coerce(b)?.compare(coerce(a) ?? '0.0.0') ?? 0)
  return newestFirst.find((line) => intersects(range, line))
}
