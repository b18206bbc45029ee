import type { Source } from '../../server/templates/source.ts'
import type { PackageJson } from './app.ts'
import { bunPackage, npmPackage, pnpmPackage, yarnPackage } from './manager-version.ts'
import type { NodeVersion } from './node-version.ts'
import { readPackageJson } from './package-json.ts'

export type ManagerName = 'npm' | 'yarn' | 'berry' | 'pnpm' | 'bun'

export type PackageManager = {
  /** `yarn` is Yarn 1, `berry` all that came after it. */
  name: ManagerName
  /** The lock file it reads; undefined when none is committed. */
  lock?: string
  /** What npm must install in the image to have it, `pnpm@10.4.1`; left out where the image of Node brings it. */
  package?: string
  notes: string[]
}

/** Whoever uses one of the newer ones beside npm's file has moved there and left the old file behind. */
const LOCKS: readonly [file: string, name: ManagerName][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
]

const TITLES: Record<ManagerName, string> = { npm: 'npm', yarn: 'Yarn', berry: 'Yarn', pnpm: 'pnpm', bun: 'Bun' }

/** What installs the dependencies, by what package.json names, then by the lock files. `top` is where they lie. */
export async function choosePackageManager(top: Source, node: NodeVersion): Promise<PackageManager> {
  const packageJson = (await readPackageJson(top)) ?? {}
  const named = await namedManager(top, packageJson)
  const locks = await locksIn(top)
  const lock = locks.find(([, name]) => sameProgram(name, named?.name)) ?? locks[0]
  const name = lock?.[1] ?? named?.name ?? 'npm'
  const version = sameProgram(name, named?.name) ? named?.version : undefined
  const tool = await packageOf(name, { top, packageJson, version, node })
  return {
    name,
    ...(lock && { lock: lock[0] }),
    ...(tool !== undefined && { package: tool }),
    notes: notesOn(locks, lock, named?.name),
  }
}

const sameProgram = (a: ManagerName, b: ManagerName | undefined) =>
  a.replace('berry', 'yarn') === b?.replace('berry', 'yarn')

/** The `packageManager` field as Corepack reads it, then devEngines and volta. */
async function namedManager(
  top: Source,
  { packageManager, devEngines, volta }: PackageJson,
): Promise<{ name: ManagerName; version?: string } | undefined> {
  const field = /^(npm|yarn|pnpm|bun)(?:@([^+\s]+))?/.exec(String(packageManager ?? ''))
  const wanted = devEngines?.packageManager[0]
  const pinned = ['pnpm', 'yarn'].find((it) => volta?.[it] !== undefined)
  const [name, version] = field
    ? [field[1], field[2]]
    : wanted
      ? [wanted.name, wanted.version]
      : [pinned, volta?.[pinned ?? '']]
  if (name !== 'npm' && name !== 'yarn' && name !== 'pnpm' && name !== 'bun') return undefined
  const berry = name === 'yarn' && (version ? !/^[^\d]*1(\.|$)/.test(version) : await isBerry(top))
  return { name: berry ? 'berry' : name, ...(version !== undefined && { version }) }
}

async function locksIn(top: Source): Promise<[string, ManagerName][]> {
  const berry = await isBerry(top)
  return LOCKS.filter(([file]) => top.has(file)).map(([file, name]) => [
    file,
    name === 'yarn' && berry ? 'berry' : name,
  ])
}

/** Yarn 1 writes another format, and never reads .yarnrc.yml but for the path of its successor. */
async function isBerry(top: Source): Promise<boolean> {
  const lock = await top.head('yarn.lock')
  if (lock !== undefined) return lock.includes('__metadata:')
  return top.has('.yarnrc.yml')
}

type Facts = { top: Source; packageJson: PackageJson; version: string | undefined; node: NodeVersion }

async function packageOf(name: ManagerName, { top, packageJson, version, node }: Facts): Promise<string | undefined> {
  const wanted = version ?? packageJson.engines?.[name === 'berry' ? 'yarn' : name]
  if (name === 'pnpm') return pnpmPackage(top, packageJson, wanted)
  if (name === 'npm') return npmPackage(version, node)
  if (name === 'bun') return bunPackage(wanted)
  return yarnPackage(top, { berry: name === 'berry', wanted, node })
}

function notesOn(
  locks: [string, ManagerName][],
  lock: [string, ManagerName] | undefined,
  named?: ManagerName,
): string[] {
  if (lock === undefined) return []
  const [file, name] = lock
  if (named !== undefined && !sameProgram(name, named))
    return [
      `package.json names ${TITLES[named]}, but the only lock file is ${file}: ${TITLES[name]} installs. Commit the lock file of ${TITLES[named]}.`,
    ]
  const others = locks.filter(([, other]) => !sameProgram(other, name)).map(([other]) => other)
  if (others.length === 0 || named !== undefined) return []
  return [
    `There are several lock files: ${file} is used, and ${others.join(' and ')} is not. Delete what you do not use, or name the package manager in package.json.`,
  ]
}
