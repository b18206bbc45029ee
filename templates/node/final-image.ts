import { AppError } from '../../server/errors.ts'
import { nginxConf } from '../static/nginx.ts'
import type { App, Framework, PackageJson } from './app.ts'
import type { BuildStep } from './build.ts'
import type { Install } from './install.ts'
import { developmentToolIn } from './needs-development.ts'
import type { NodeVersion } from './node-version.ts'
import type { PackageManager } from './package-manager.ts'
import { planProduction } from './production.ts'
import type { Project } from './project.ts'
import { callsManager, withoutManager } from './start.ts'
import type { Start } from './start-line.ts'
import { unneededFolders } from './workspace.ts'

export type Parts = {
  app: App
  project: Project
  manager: PackageManager
  node: NodeVersion
  framework: Framework
  build: BuildStep[]
  install?: Install
  start: Start | undefined
  release: string | undefined
}

export type FinalImage = { values: Record<string, unknown>; extraFiles: Record<string, string>; notes: string[] }

const ROOT = '/app'
const PLAIN = /^[\w@.+-]+(\/[\w@.+-]+)*$/
const PLAIN_VALUE = /^[\w.:/@,*-]*$/

/** The values of Dockerfile.njk from the build stage on. */
export function finalImage(parts: Parts): FinalImage {
  const { app, project, framework, build } = parts
  const workdir = at(app.folder)
  const shared = {
    workdir,
    path: [...new Set([workdir, ROOT])].map((it) => `${it}/node_modules/.bin`).join(':'),
    build: build.map(({ folder, command }) => ({ workdir: at(folder), command })),
    caches: (framework.caches ?? []).map((it) => ({
      folder: `${workdir}/${checked(it)}`,
      name: it.replace(/\W+/g, '-'),
    })),
    env: Object.entries(framework.env ?? {}).filter(([name, value]) => /^\w+$/.test(name) && PLAIN_VALUE.test(value)),
    isWorkspace: project.members.length > 1,
    // bundlers would look packages up there, though they were installed into node_modules
    plugAndPlay: ['.pnp.cjs', '.pnp.loader.mjs'].filter((it) => project.top.has(it)),
  }
  return framework.serve ? site(shared, parts, framework.serve) : server(shared, parts)
}

const at = (folder: string) => (folder === '' ? ROOT : `${ROOT}/${checked(folder)}`)

/** What stands in the Dockerfile as it is. */
function checked(folder: string): string {
  if (PLAIN.test(folder) && !folder.split('/').includes('..')) return folder
  throw new AppError(
    'build_failed',
    `The folder ${JSON.stringify(folder)} has a name that Slipway does not build. Use letters, digits, dots, hyphens and underscores.`,
  )
}

/** nginx serves what was built: nothing of Node is in the image. */
function site(
  shared: object & { workdir: string },
  { framework }: Parts,
  serve: NonNullable<Framework['serve']>,
): FinalImage {
  const folder = serve.folder.replace(/^\.?\/?|\/+$/g, '')
  const base = (serve.base ?? '').replace(/^\/+|\/+$/g, '')
  return {
    values: {
      ...shared,
      serve: {
        from: folder === '' ? shared.workdir : `${shared.workdir}/${checked(folder)}`,
        to: base === '' ? '/srv' : `/srv/${checked(base)}`,
      },
      framework: framework.name,
    },
    extraFiles: { 'nginx.conf': nginxConf(serve) },
    notes: [],
  }
}

function server(shared: object & { isWorkspace: boolean }, parts: Parts): FinalImage {
  const { app, framework, install, start, release, manager } = parts
  const lines = [start?.program ?? '', release === undefined ? '' : withoutManager(release, app.scripts)]
  const copies = framework.copy?.map(({ from, to }) => ({ from: checked(from), to: to === '.' ? './' : checked(to) }))
  const tool = lines.map((line) => developmentToolIn(line, listed(parts))).find((it) => it !== undefined)
  const production = install && framework.needsNodeModules !== false ? modulesOf(parts, tool) : undefined
  return {
    values: {
      ...shared,
      ...(copies && { copies }),
      production,
      ...(!copies && { collect: collect(excludedFrom(parts, shared.isWorkspace)) }),
      packages: install?.packages.run ?? [],
      // what was not changed since the checkout need not go through another stage
      asIs: !copies && isAsIs(parts),
      needsTool: manager.package !== undefined && manager.name !== 'npm' && lines.some(callsManager),
      start: start?.program ?? '',
    },
    extraFiles: {},
    notes: production?.note ?? [],
  }
}

/** The tools of a workspace are often its top's. */
function listed({ app, project }: Parts): PackageJson {
  const { devDependencies } = project.members[0]?.packageJson ?? {}
  return { ...app.packageJson, devDependencies: { ...devDependencies, ...app.packageJson.devDependencies } }
}

type Modules = { from: string; folder: string; script?: string; note: string[] }

/** Where the final image gets node_modules from. */
function modulesOf({ app, project, manager, node }: Parts, tool: string | undefined): Modules | undefined {
  const folder = project.members.length > 1 ? '' : 'node_modules'
  const { installCommand } = app.settings
  const production = planProduction({ project, manager, node, installCommand })
  if (tool !== undefined) {
    const note = `Starting the app takes ${tool}, a development dependency: all of them are kept in the image. Move it to the dependencies to make the image smaller.`
    return { from: 'node-dependencies', folder, note: [note] }
  }
  if (production === undefined) return undefined
  const script = [...production.remove.map((it) => `rm -rf './${it}'`), production.command ?? []].flat().join(' && ')
  return script === ''
    ? { from: 'node-dependencies', folder, note: [] }
    : { from: 'node-production', script, folder, note: [] }
}

/** Nothing is built, and all that was checked out is the app's. */
const isAsIs = ({ build, install, app, project }: Parts) =>
  build.length === 0 && !install?.withSources && !writesSources(app) && unneededFolders(project).length === 0

/** A generator that runs while installing wrote into the sources. */
const writesSources = ({ dependencies }: App) =>
  dependencies.prisma !== undefined || dependencies['@prisma/client'] !== undefined

/**
 * Puts what was built aside without node_modules, which lies in a layer of its own that a change of code leaves alone. In
 * the stage that built it: BuildKit reads all of what another stage mounts or copies from it, once for each change.
 */
const collect = (excluded: string[]) =>
  `mkdir /slipway-output && tar -C /app -cf - ${excluded.map((it) => `--exclude='${it}'`).join(' ')} . | tar -C /slipway-output -xpf -`

/** What of the build's folder stays behind, as tar knows it. */
function excludedFrom({ project, app }: Parts, isWorkspace: boolean): string[] {
  const others = unneededFolders(project).map((it) => `./${it}`)
  const caches = ['./.yarn/cache', './.turbo', './.nx', `./${app.folder === '' ? '' : `${app.folder}/`}.turbo`]
  return [isWorkspace ? 'node_modules' : './node_modules', ...new Set(caches), ...others]
}
