import { listIn, partsIn, textIn, textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'

/** What is read of a package of composer.lock, and of the project's own composer.json. */
type Package = Record<'require' | 'provide' | 'replace', Record<string, string>>

export type ComposerJson = Package & {
  type: string | undefined
  scripts: Record<string, unknown>
  platform: Record<string, string>
  vendorFolder: string | undefined
  /** Where Drupal's pages are put. */
  webRoot: string | undefined
  /** The kinds of the repositories that packages come from. */
  repositories: (string | undefined)[]
}

export type Composer = {
  json: ComposerJson
  hasLock: boolean
  /** The packages of composer.lock that are installed without those for development. */
  packages: Package[]
}

/** Undefined when the project does without Composer. */
export async function readComposer(source: Source): Promise<Composer | undefined> {
  const json = await source.json('composer.json')
  if (json === undefined) return undefined
  const lock = await source.json('composer.lock')
  const packages = listIn(partsIn(lock).packages).map((it) => packageIn(partsIn(it)))
  return { json: composerJsonIn(partsIn(json)), hasLock: lock !== undefined, packages }
}

const packageIn = ({ require, provide, replace }: Record<string, unknown>): Package => ({
  require: textsIn(require),
  provide: textsIn(provide),
  replace: textsIn(replace),
})

function composerJsonIn(json: Record<string, unknown>): ComposerJson {
  const { config, extra, repositories, scripts, type } = json
  const { platform, 'vendor-dir': vendorFolder } = partsIn(config)
  const scaffold = partsIn(partsIn(extra)['drupal-scaffold'])
  const all = Array.isArray(repositories) ? repositories : Object.values(partsIn(repositories))
  return {
    ...packageIn(json),
    type: textIn(type),
    scripts: partsIn(scripts),
    platform: textsIn(platform),
    vendorFolder: textIn(vendorFolder),
    webRoot: textIn(partsIn(scaffold.locations)['web-root']),
    repositories: all.map((it) => textIn(partsIn(it).type)),
  }
}

/** Whether the project itself asks for a package. */
export const wants = (composer: Composer | undefined, name: string): boolean =>
  composer?.json.require[name] !== undefined

/** Every requirement of a name, the project's own first: `php`, `ext-intl`. */
export const requirementsOf = ({ json, packages }: Composer): [name: string, constraint: string][] =>
  [json, ...packages].flatMap((it) => Object.entries(it.require))

/** Names that installed packages stand in for: symfony/polyfill-uuid provides ext-uuid. */
export const providedBy = ({ json, packages }: Composer): Set<string> =>
  new Set([json, ...packages].flatMap((it) => Object.keys({ ...it.provide, ...it.replace })))

/** Whether packages lie in the repository itself: then the manifests alone do not install. */
export const hasPathRepository = ({ json }: Composer): boolean =>
  json.repositories.some((it) => it === 'path' || it === 'artifact')
