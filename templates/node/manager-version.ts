import type { Source } from '../../server/templates/source.ts'
import { pickVersion } from '../../server/templates/versions.ts'
import type { PackageJson } from './app.ts'
import type { NodeVersion } from './node-version.ts'

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/
/** Images of Node bring Yarn 1 up to this line. */
const LAST_WITH_YARN = 24
/** The npm that the images of Node bring, by line. */
const NPM_OF_NODE: Record<number, string> = { 18: '10', 20: '10', 22: '10', 24: '11', 25: '11', 26: '11' }

/** The package that brings a version: exact as it is, the major of a range, nothing for what makes no sense. */
async function packageFor(name: string, wanted: string | undefined, majors: string[]): Promise<string | undefined> {
  // what package.json says may be no text at all
  if (typeof wanted !== 'string') return undefined
  if (EXACT.test(wanted)) return `${name}@${wanted}`
  const line = await pickVersion(wanted, majors)
  return line === undefined ? undefined : `${name}@${line}`
}

/**
 * pnpm of the version that is named, else of one that reads the lock file. Format 9.0 is written by pnpm 9 and all later
 * ones; from 10 on the builds of dependencies run only where they are allowed, so 10 is taken only for who has said which.
 */
export async function pnpmPackage(top: Source, packageJson: PackageJson, wanted: string | undefined): Promise<string> {
  const named = await packageFor('pnpm', wanted, ['7', '8', '9', '10'])
  if (named !== undefined) return named
  const format = /^lockfileVersion:\s*'?(\d+)/m.exec((await top.head('pnpm-lock.yaml')) ?? '')?.[1]
  if (format === '5') return 'pnpm@7'
  if (format === '6') return 'pnpm@8'
  return (await hasSettingsOfTen(top, packageJson)) ? 'pnpm@10' : 'pnpm@9'
}

/** pnpm 10 moved its settings to pnpm-workspace.yaml, where 9 does not look. */
async function hasSettingsOfTen(top: Source, { pnpm = {} }: PackageJson): Promise<boolean> {
  const workspace = Object.keys((await top.yaml<object>('pnpm-workspace.yaml')) ?? {})
  return (
    workspace.some((key) => key !== 'packages' && !key.startsWith('catalog')) ||
    ['onlyBuiltDependencies', 'ignoredBuiltDependencies', 'neverBuiltDependencies', 'allowBuilds'].some((key) =>
      Object.hasOwn(pnpm, key),
    )
  )
}

/** npm comes with Node: another is installed only where package.json names one of another major version. */
export async function npmPackage(wanted: string | undefined, node: NodeVersion): Promise<string | undefined> {
  const found = await packageFor('npm', wanted, ['8', '9', '10', '11'])
  const bundled = NPM_OF_NODE[node.major]
  return found === undefined || found.startsWith(`npm@${bundled}.`) || found === `npm@${bundled}` ? undefined : found
}

export const bunPackage = async (wanted: string | undefined) => (await packageFor('bun', wanted, ['1'])) ?? 'bun@1'

/** Yarn 1 hands over to the release that .yarnrc.yml names, if the repository brings that; else it comes from npm. */
export async function yarnPackage(
  top: Source,
  { berry, wanted, node }: { berry: boolean; wanted: string | undefined; node: NodeVersion },
): Promise<string | undefined> {
  const classic = node.major > LAST_WITH_YARN ? 'yarn@1' : undefined
  if (!berry || (await yarnRelease(top)) !== undefined) return classic
  const named = await packageFor('@yarnpkg/cli-dist', wanted, ['3', '4'])
  if (named !== undefined) return named
  const format = /^__metadata:\s+version: (\d+)/m.exec((await top.head('yarn.lock')) ?? '')?.[1]
  return format !== undefined && Number(format) < 8 ? '@yarnpkg/cli-dist@3' : '@yarnpkg/cli-dist@4'
}

/** The release of Yarn in the repository, by .yarnrc.yml. */
export async function yarnRelease(top: Source): Promise<string | undefined> {
  const { yarnPath } = (await top.yaml<{ yarnPath?: unknown }>('.yarnrc.yml')) ?? {}
  return typeof yarnPath === 'string' && top.has(yarnPath) ? yarnPath : undefined
}
