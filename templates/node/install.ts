import type { PlanRequest } from '../../server/templates/template-plan.ts'
import type { PackageJson } from './app.ts'
import { type InstallNeeds, installNeeds } from './lifecycle.ts'
import { yarnRelease } from './manager-version.ts'
import { systemPackages } from './native.ts'
import type { PackageManager } from './package-manager.ts'
import { generateClients } from './prisma.ts'
import type { Project } from './project.ts'

/** How the dependencies come into the image: what node/dependencies.njk is told. */
export type Install = {
  command: string
  /** Debian packages for installing, and for the running app. */
  packages: { install: string[]; run: string[] }
  /** What is copied first, by folder; empty when it is the list or all sources. */
  copies: { files: string[]; to: string }[]
  /** The same as a list of files, where they are spread over many folders. */
  list?: string[]
  withSources: boolean
  /** Build variables that the install may read. */
  variables: string[]
  notes: string[]
}

const FROZEN = {
  npm: ['npm ci', 'npm install'],
  yarn: ['yarn install --frozen-lockfile', 'yarn install'],
  berry: ['yarn install --immutable', 'yarn install --no-immutable'],
  pnpm: ['pnpm install --frozen-lockfile', 'pnpm install --no-frozen-lockfile'],
  bun: ['bun install --frozen-lockfile', 'bun install'],
} as const

const MANIFESTS = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  'bunfig.toml',
  'pnpm-workspace.yaml',
  '.pnpmfile.cjs',
  '.pnpmfile.mjs',
]
const CONFIGURATION = ['.npmrc', '.yarnrc.yml', 'bunfig.toml']
/** Variables that package managers and the install scripts of well-known packages read, beside those in their configuration. */
const READ_BY_INSTALL = /^(NPM_|npm_|NODE_AUTH|YARN_|PNPM_|BUN_|PUPPETEER_|PLAYWRIGHT_|CYPRESS_|SENTRYCLI_|PRISMA_)/
/** Names that can stand in a COPY line as they are; others go by the list. */
const PLAIN = /^[\w@.+/-]+$/
const PLAIN_INSTALL = /^(npm (ci|i|install)|yarn( install)?|pnpm (i|install)|bun (i|install))( -[\w=-]+)*$/

type Request = Pick<PlanRequest, 'settings' | 'env'> & { project: Project; manager: PackageManager }

/** How to install; undefined when there is nothing to. */
export async function planInstall({ project, manager, settings, env }: Request): Promise<Install | undefined> {
  const { top, members } = project
  const dependencies = Object.assign({}, ...members.map(({ packageJson }) => allDependencies(packageJson)))
  const needs = members.map(({ source, packageJson }) => installNeeds(source, packageJson))
  const unclear = needs.find((it) => it.unclear !== undefined)?.unclear
  const isNothing = Object.keys(dependencies).length === 0 && manager.lock === undefined && members.length === 1
  const nested = needs.some((it) => it.manifests)
  if (settings.installCommand === undefined && isNothing && !nested && unclear === undefined) return undefined
  const local = localDependencies(dependencies)
  const withSources =
    unclear !== undefined ||
    local.some((it) => it.startsWith('..')) ||
    (settings.installCommand !== undefined && !PLAIN_INSTALL.test(settings.installCommand))
  const files = await filesFor(project, needs, nested, local)
  return {
    command: settings.installCommand ?? [lineFor(manager, project), ...generateClients(project)].join(' && '),
    packages: await systemPackages(top, dependencies, manager.lock),
    withSources,
    ...copying(withSources, files, members.length > 1 || nested),
    variables: await variablesFor(project, env, withSources),
    notes: [
      ...(manager.lock === undefined && settings.installCommand === undefined ? [UNLOCKED] : []),
      ...(unclear === undefined ? [] : [unclearNote(unclear)]),
    ],
  }
}

/** pnpm can leave out what other apps of the workspace need; the top, with the tools for all, comes along. */
function lineFor(manager: PackageManager, { members, folder }: Project): string {
  const [frozen, free] = FROZEN[manager.name]
  const line = manager.lock === undefined ? free : frozen
  const { name = '' } = members.find((it) => it.folder === folder)?.packageJson ?? {}
  const isOne = manager.name === 'pnpm' && folder !== '' && /^(@[\w.-]+\/)?[\w.-]+$/.test(name)
  return isOne ? `${line} --filter '${name}...'` : line
}

export const allDependencies = ({ dependencies, devDependencies, optionalDependencies }: PackageJson) => ({
  ...optionalDependencies,
  ...devDependencies,
  ...dependencies,
})

const UNLOCKED =
  'There is no lock file, so each build may install other versions. Commit the one your package manager writes.'
const unclearNote = (script: string) =>
  `The ${script} script may read any of the sources, so the dependencies are installed anew after every change. Move what it does into the build script to make builds faster.`

function copying(withSources: boolean, files: string[], spread: boolean): Pick<Install, 'copies' | 'list'> {
  if (withSources) return { copies: [] }
  if (spread || !files.every((file) => PLAIN.test(file))) return { copies: [], list: files }
  const folders = Map.groupBy(files, (file) => file.split('/').slice(0, -1).join('/'))
  return { copies: [...folders].map(([folder, names]) => ({ files: names, to: folder === '' ? './' : `${folder}/` })) }
}

/** Paths below the top of all that the package manager reads. */
async function filesFor(project: Project, needs: InstallNeeds[], nested: boolean, local: string[]): Promise<string[]> {
  const { top, members } = project
  const folders = nested ? top.files.map(folderOf) : members.map(({ folder }) => folder)
  const release = await yarnRelease(top)
  const files = [
    ...folders.flatMap((folder) => MANIFESTS.map((name) => inside(folder, name))),
    ...members.flatMap(({ folder, packageJson }) => programsOf(packageJson).map((name) => inside(folder, name))),
    ...members.flatMap(({ folder }, at) => (needs[at]?.files ?? []).map((name) => inside(folder, name))),
    ...(release === undefined ? [] : [release]),
    ...top.find('.yarn/plugins/**'),
    ...local.flatMap((folder) => top.files.filter((file) => file === folder || file.startsWith(`${folder}/`))),
  ]
  return [...new Set(files)].filter((file) => top.has(file) && !/[\r\n]/.test(file)).sort()
}

const folderOf = (file: string) => file.split('/').slice(0, -1).join('/')
const inside = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`)

/** pnpm and npm link a member's program only if its file is there. */
const programsOf = ({ bin }: PackageJson) =>
  (typeof bin === 'string' ? [bin] : Object.values(bin ?? {})).map((file) => String(file).replace(/^\.\//, ''))

/** Folders and archives of the repository that are dependencies: `file:./vendor/x`. */
const localDependencies = (dependencies: Record<string, string>) =>
  Object.values(dependencies)
    .map((version) => /^(?:file|link|portal):(?:\.\/)?(.+?)\/?$/.exec(String(version))?.[1])
    .filter((folder) => folder !== undefined)

async function variablesFor({ top }: Project, env: PlanRequest['env'], all: boolean): Promise<string[]> {
  const texts = await Promise.all(CONFIGURATION.map(async (name) => (await top.text(name)) ?? ''))
  const mentioned = new Set([...texts.join('\n').matchAll(/\$\{?(\w+)/g)].map(([, name]) => name))
  return env
    .filter(
      ({ key, buildTime }) =>
        buildTime && key !== 'NODE_ENV' && (all || mentioned.has(key) || READ_BY_INSTALL.test(key)),
    )
    .map(({ key }) => key)
}
