import { listIn, partsIn, textIn, textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PackageJson, Tool } from './app.ts'

const TEXTS = ['name', 'type', 'main', 'packageManager', 'homepage'] as const
const TABLES = [
  'scripts',
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'engines',
  'volta',
] as const

/** The package.json of a folder, as far as it is what it should be. Undefined when it is not there, or no object. */
export async function readPackageJson(source: Source): Promise<PackageJson | undefined> {
  const json = await source.json('package.json')
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const all = partsIn(json)
  const bin = textIn(all.bin) ?? textsIn(all.bin)
  return {
    ...Object.fromEntries(TEXTS.map((it) => [it, textIn(all[it])]).filter(([, text]) => text !== undefined)),
    ...Object.fromEntries(TABLES.map((it) => [it, textsIn(all[it])])),
    bin,
    devEngines: devEnginesIn(all.devEngines),
    workspaces: workspacesIn(all.workspaces),
    pnpm: partsIn(all.pnpm),
    prisma: textsIn(all.prisma),
  }
}

function devEnginesIn(value: unknown): { runtime: Tool[]; packageManager: Tool[] } {
  const { runtime, packageManager } = partsIn(value)
  const tools = (them: unknown) => [them ?? []].flat().map(textsIn)
  return { runtime: tools(runtime), packageManager: tools(packageManager) }
}

const workspacesIn = (value: unknown): string[] =>
  listIn(Array.isArray(value) ? value : partsIn(value).packages).filter((it) => typeof it === 'string')
