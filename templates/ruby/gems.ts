import type { Source } from '../../server/templates/source.ts'

/** What a Gemfile and its lock file say. */
export type Gems = {
  gemfile: string
  hasLock: boolean
  /** Of the lock file, name → version; of the Gemfile, where there is no lock file, name → ''. */
  versions: Map<string, string>
  /** Of the lock file: `ruby`, `x86_64-linux`. */
  platforms: string[]
  /** The version of Bundler that wrote the lock file. */
  bundler?: string
  /** The Ruby that the lock file was written with. */
  ruby?: string
}

/** Undefined without a Gemfile. */
export async function readGems(source: Source): Promise<Gems | undefined> {
  const gemfile = (await source.text('Gemfile'))?.replace(/^[ \t]*#.*$/gm, '')
  if (gemfile === undefined) return undefined
  const lock = await source.text('Gemfile.lock')
  if (lock === undefined) {
    const named = [...gemfile.matchAll(/^[ \t]*gem[ \t(]+['"]([\w.-]+)['"]/gm)].map(
      ([, name = '']) => [name, ''] as const,
    )
    return { gemfile, hasLock: false, versions: new Map(named), platforms: [] }
  }
  const locked = [...lock.matchAll(/^ {4}([\w.-]+) \((\d[^)\s]*)\)/gm)].map(
    ([, name = '', it = '']) => [name, it] as const,
  )
  const bundler = /^BUNDLED WITH\s+([\d.]+)/m.exec(lock)?.[1]
  const ruby = /^RUBY VERSION\s+ruby (\d+\.\d+)/m.exec(lock)?.[1]
  return {
    gemfile,
    hasLock: true,
    versions: new Map(locked),
    platforms: (/^PLATFORMS\n((?: {2}.*\n?)*)/m.exec(lock)?.[1] ?? '')
      .split('\n')
      .map((it) => it.trim())
      .filter(Boolean),
    ...(bundler !== undefined && { bundler }),
    ...(ruby !== undefined && { ruby }),
  }
}

/** Whether one of the gems is there. */
export const hasGem = (gems: Gems | undefined, ...names: string[]): boolean =>
  names.some((it) => gems?.versions.has(it))
