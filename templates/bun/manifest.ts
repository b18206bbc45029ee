import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'

type PackageJson = {
  main?: unknown
  module?: unknown
  packageManager?: unknown
  workspaces?: unknown
  patchedDependencies?: unknown
  engines?: { bun?: unknown } | null
  scripts?: Record<string, unknown> | null
  dependencies?: object
  devDependencies?: object
}

export type Manifest = {
  isThere: boolean
  scripts: Record<string, string>
  dependencies: object
  main: string | undefined
  engine: string | undefined
  /** Installing needs more than package.json: other packages of the workspace, or a file that a script of its own runs. */
  needsSources: boolean
}

const LINES = ['1.0', '1.1', '1.2', '1.3', '1.4']
const AT_INSTALL = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']

/** What package.json says, as far as it is what it should be. */
export async function readManifest(source: Source): Promise<Manifest> {
  const manifest = await source.json<PackageJson | null>('package.json')
  const { main, module, packageManager, workspaces, patchedDependencies, engines } = manifest ?? {}
  const dependencies = { ...manifest?.dependencies, ...manifest?.devDependencies }
  const scripts = Object.entries(manifest?.scripts ?? {}).filter((it): it is [string, string] => isText(it[1]))
  const [, manager] = /^bun@(\d[\w.-]*)/.exec(isText(packageManager) ? packageManager : '') ?? []
  return {
    isThere: manifest !== undefined,
    scripts: Object.fromEntries(scripts),
    dependencies,
    main: [module, main].filter(isText).find((file) => source.has(file)),
    engine: manager ?? (isText(engines?.bun) ? engines.bun : undefined),
    needsSources:
      workspaces !== undefined ||
      patchedDependencies !== undefined ||
      /"(file|link):/.test(JSON.stringify(dependencies)) ||
      scripts.some(([name]) => AT_INSTALL.includes(name)),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** The part of the tag before `-slim`. Bun keeps to semantic versions: without a wish it is the newest 1. */
export async function chooseVersion(source: Source, engine: string | undefined): Promise<[string, string[]]> {
  const wanted = (await readVersionFile(source, '.bun-version')) ?? (await readToolVersion(source, 'bun')) ?? engine
  const picked = await pickVersion(wanted, LINES)
  if (picked !== undefined) return [picked, []]
  return ['1', wanted === undefined ? [] : [`Bun ${wanted} is not known: the newest Bun 1 is used.`]]
}
