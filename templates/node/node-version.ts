import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'
import { readPackageJson } from './package-json.ts'

/** The lines that have an official image `node:<line>-slim`; from nodejs.org/en/about/previous-releases. */
const LINES = ['12', '14', '16', '18', '19', '20', '21', '22', '23', '24', '25', '26']
const DEFAULT = '24'
const OLDEST_SUPPORTED = 22
/** What nvm calls the long-term lines (`lts/iron`). */
const LTS: Record<string, string> = {
  '*': DEFAULT,
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
}
const NEWEST = /^(node|stable|current|latest|lts)$/

export type NodeVersion = { tag: string; major: number; notes: string[] }

/** The version that a repository asks for, and where it says so. The nearest folder wins, then what is most exact. */
async function wantedVersion(source: Source): Promise<{ wanted: string; where: string } | undefined> {
  const packageJson = (await readPackageJson(source)) ?? {}
  const { engines, devEngines, volta } = packageJson
  const runtime = devEngines?.runtime.find((it) => it.name === 'node')
  const found: [string, string | undefined][] = [
    ['.nvmrc', await readVersionFile(source, '.nvmrc')],
    ['.node-version', await readVersionFile(source, '.node-version')],
    ['.tool-versions or mise.toml', await readToolVersion(source, 'nodejs', 'node')],
    ['package.json (volta)', volta?.node],
    ['package.json (devEngines)', runtime?.version],
    ['package.json (engines)', engines?.node],
  ]
  const [where, wanted] = found.find(([, version]) => typeof version === 'string' && version.trim() !== '') ?? []
  return wanted === undefined || where === undefined ? undefined : { wanted: wanted.trim(), where }
}

/**
 * The tag of the official image. A range takes the line that Slipway prefers where that fits it: `>=18` says what is too
 * old, not that the newest was ever tried.
 */
export async function chooseNode(...sources: Source[]): Promise<NodeVersion> {
  for (const source of sources) {
    const asked = await wantedVersion(source)
    if (asked === undefined) continue
    const tag = await tagFor(asked.wanted)
    if (tag !== undefined) return described(tag, asked.where)
    const notes = [
      `${asked.where} asks for Node ${asked.wanted}, which Slipway does not know: Node ${DEFAULT} is used. Name a version such as ${DEFAULT}.`,
    ]
    return { tag: DEFAULT, major: Number(DEFAULT), notes }
  }
  return { tag: DEFAULT, major: Number(DEFAULT), notes: [] }
}

async function tagFor(wanted: string): Promise<string | undefined> {
  if (NEWEST.test(wanted)) return DEFAULT
  const codename = /^lts\/(\S+)$/.exec(wanted)?.[1]
  if (codename !== undefined) return Object.hasOwn(LTS, codename) ? LTS[codename] : undefined
  return (await pickVersion(wanted, [DEFAULT])) ?? (await pickVersion(wanted, LINES))
}

function described(tag: string, where: string): NodeVersion {
  const major = Number.parseInt(tag, 10)
  if (major >= OLDEST_SUPPORTED) return { tag, major, notes: [] }
  return {
    tag,
    major,
    notes: [`Node ${tag}, as ${where} asks for, gets no security fixes any more. Move to Node ${DEFAULT}.`],
  }
}
