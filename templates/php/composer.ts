import type { Source } from '../../server/templates/source.ts'

/** What is read of a composer.json. It is what the reader hopes for: a repository can write anything. */
export type ComposerJson = {
  type?: string
  require?: Record<string, string>
  provide?: Record<string, string>
  replace?: Record<string, string>
  autoload?: unknown
  scripts?: Record<string, unknown>
  config?: { platform?: Record<string, string | false>; 'vendor-dir'?: string }
  extra?: Record<string, unknown>
  repositories?: Repository[] | Record<string, Repository>
}
type Repository = { type?: string } | false

type Package = Pick<ComposerJson, 'require' | 'provide' | 'replace'> & { name?: string }

export type Composer = {
  json: ComposerJson
  hasLock: boolean
  /** The packages of composer.lock that are installed without those for development. */
  packages: Package[]
}

/** Undefined when the project does without Composer. */
export async function readComposer(source: Source): Promise<Composer | undefined> {
  const json = await source.json<ComposerJson>('composer.json')
  if (json === undefined) return undefined
  const lock = await source.json<{ packages?: Package[] }>('composer.lock')
  return { json, hasLock: lock !== undefined, packages: Array.isArray(lock?.packages) ? lock.packages : [] }
}

/** Whether the project itself asks for a package. */
export const wants = (composer: Composer | undefined, name: string): boolean =>
  composer?.json.require?.[name] !== undefined

/** Every requirement of a name, the project's own first: `php`, `ext-intl`. */
export const requirementsOf = ({ json, packages }: Composer): [name: string, constraint: string][] =>
  [json, ...packages].flatMap((it) => Object.entries(it.require ?? {}))

/** Names that installed packages stand in for: symfony/polyfill-uuid provides ext-uuid. */
export const providedBy = ({ json, packages }: Composer): Set<string> =>
  new Set([json, ...packages].flatMap((it) => Object.keys({ ...it.provide, ...it.replace })))

/** Whether packages lie in the repository itself: then the manifests alone do not install. */
export function hasPathRepository({ json }: Composer): boolean {
  const all: Repository[] = Object.values(json.repositories ?? {})
  return all.some((it) => typeof it === 'object' && (it.type === 'path' || it.type === 'artifact'))
}
