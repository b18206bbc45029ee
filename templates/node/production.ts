import type { PackageJson } from './app.ts'
import type { NodeVersion } from './node-version.ts'
import type { PackageManager } from './package-manager.ts'
import type { Project } from './project.ts'
import { neededMembers, unneededFolders } from './workspace.ts'

/** How the dependencies for running are made of those for building, which lie there already, compiled. */
export type Production = {
  /** Folders of a workspace that the app does without. */
  remove: string[]
  /** Left out when all dependencies are for running. */
  command?: string
}

type Facts = { project: Project; manager: PackageManager; node: NodeVersion; installCommand: string | undefined }

/** Undefined when the app has no dependencies while it runs. */
export function planProduction({ project, manager, node, installCommand }: Facts): Production | undefined {
  const { members } = project
  const needed = neededMembers(project)
  if (!needed.some(({ packageJson }) => hasProduction(packageJson))) return undefined
  const remove = unneededFolders(project)
  const isAll = remove.length === 0 && members.every(({ packageJson }) => isEmpty(packageJson.devDependencies))
  return { remove, ...(!isAll && { command: pruning(manager, node, installCommand ?? '') }) }
}

const isEmpty = (list: object | undefined) => Object.keys(list ?? {}).length === 0
const hasProduction = ({ dependencies, optionalDependencies, peerDependencies }: PackageJson) =>
  ![dependencies, optionalDependencies, peerDependencies].every(isEmpty)

/** No scripts run again: what they made stays, and the tools they call are gone. */
function pruning({ name }: PackageManager, node: NodeVersion, install: string): string {
  const loosely = ['--legacy-peer-deps', '--force'].filter((it) => install.includes(it)).map((it) => ` ${it}`)
  if (name === 'npm') return `npm prune ${node.major < 16 ? '--production' : '--omit=dev'}${loosely.join('')}`
  if (name === 'yarn') return 'yarn install --production --ignore-scripts --frozen-lockfile --prefer-offline'
  if (name === 'pnpm') return 'CI=true pnpm install --prod --ignore-scripts --frozen-lockfile --prefer-offline'
  const withoutDevelopment = `${edited('delete p.devDependencies')} && `
  if (name === 'berry') return `${withoutDevelopment}YARN_ENABLE_SCRIPTS=false yarn install --no-immutable`
  // Bun takes nothing away, so all is installed again from its cache; the package's own scripts ran before
  return `${edited('delete p.scripts')} && find . -name node_modules -prune -exec rm -rf {} + && bun install --production --frozen-lockfile`
}

/** Changes every package.json of the project in this stage, which nothing reads but the package manager. */
const edited = (change: string) =>
  `find . -name node_modules -prune -o -name package.json -exec node -e 'for (const f of process.argv.slice(1)) { const p = JSON.parse(fs.readFileSync(f, "utf8")); ${change}; fs.writeFileSync(f, JSON.stringify(p)) }' {} +`
