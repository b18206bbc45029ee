import type { App, Framework } from './app.ts'
import type { PackageManager } from './package-manager.ts'
import type { Project } from './project.ts'
import { neededMembers } from './workspace.ts'

/** A line of the build, and the folder below the project's top it runs in. */
export type BuildStep = { folder: string; command: string }

type Facts = { app: App; project: Project; manager: PackageManager; framework: Framework; compiles: boolean }

const NAME = /^(@[\w.-]+\/)?[\w.-]+$/

/** What builds the app, after the packages of its workspace that it depends on. */
export function planBuild(facts: Facts): BuildStep[] {
  const { app, project, framework, compiles } = facts
  const { scripts, settings, folder } = app
  if (settings.buildCommand !== undefined) return [...before(facts), { folder, command: settings.buildCommand }]
  const named = ['heroku-postbuild', 'build'].find((name) => scripts[name])
  const script = named === undefined ? undefined : app.run(named)
  const command = framework.build ?? script ?? (compiles ? 'tsc' : undefined)
  const { name = '' } = packageOf(project)
  if (project.members.length > 1 && NAME.test(name) && command === app.run('build')) {
    const whole = graphTool(project, name)
    if (whole !== undefined) return [{ folder: '', command: whole.app }]
  }
  return [...before(facts), ...(command === undefined ? [] : [{ folder, command }])]
}

const packageOf = ({ members, folder }: Project) => members.find((it) => it.folder === folder)?.packageJson ?? {}

/** Turborepo and Nx know by themselves what comes before what, and what beyond `build` that takes. */
function graphTool({ top, members, folder }: Project, name: string): { app: string; before?: string } | undefined {
  const all = { ...members[0]?.packageJson.dependencies, ...members[0]?.packageJson.devDependencies }
  if (folder === '') return undefined
  if (top.has('turbo.json') && all.turbo !== undefined) {
    // from version 2 on variables that turbo.json does not name are kept from the build
    const loose = /^\D*1\./.test(all.turbo) ? '' : ' --env-mode=loose'
    const line = (filter: string) => `turbo run build --filter='${filter}'${loose}`
    return { app: line(name), before: line(`${name}^...`) }
  }
  return top.has('nx.json') && all.nx !== undefined ? { app: `NX_DAEMON=false nx build ${name}` } : undefined
}

/** The builds of what the app depends on, in their order. */
function before({ app, project, manager }: Facts): BuildStep[] {
  if (app.folder === '') return []
  const { name = '' } = packageOf(project)
  const tool = project.members.length > 1 && NAME.test(name) ? graphTool(project, name) : undefined
  const others = neededMembers(project).filter((it) => it.folder !== app.folder && it.packageJson.scripts?.build)
  if (others.length === 0) return []
  if (tool?.before !== undefined) return [{ folder: '', command: tool.before }]
  return others.map(({ folder }) => ({ folder, command: runLine(manager, 'build') }))
}

/** The line that runs a script. */
export const runLine = ({ name }: PackageManager, script: string) => `${name.replace('berry', 'yarn')} run ${script}`
