import path from 'node:path'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { PlanFunction, PlanRequest, TemplatePlan } from '../../server/templates/template-plan.ts'
import { isBunApp } from '../bun/is-bun-app.ts'
import type { App } from './app.ts'
import { appOf } from './app-of.ts'
import { type BuildStep, planBuild } from './build.ts'
import { chooseMember, startOfTop } from './choose-member.ts'
import { finalImage } from './final-image.ts'
import { notesOnVariables } from './frameworks/public-variables.ts'
import { recogniseFramework } from './frameworks/recognise.ts'
import { planInstall } from './install.ts'
import { chooseNode, type NodeVersion } from './node-version.ts'
import { isOfAnother, isOfFoldersBelow } from './not-ours.ts'
import { askWhichOfNx } from './nx.ts'
import { readPackageJson } from './package-json.ts'
import { choosePackageManager, type PackageManager } from './package-manager.ts'
import type { Project } from './project.ts'
import { stagesOf } from './stages.ts'
import { chooseStart } from './start-line.ts'
import { readProject } from './workspace.ts'

const PORT = 3000

/** What was found out before anything is decided. */
type Facts = { app: App; project: Project; manager: PackageManager; node: NodeVersion; notes: string[] }

/** An app with a package.json that Node runs, or a site that Node builds. */
export const plan: PlanFunction = async (request) => {
  const { source, settings } = request
  if (settings.template !== 'node' && (await isBunApp(source, settings.startCommand))) return undefined
  const facts = await findFacts(request)
  if (facts === undefined) return undefined
  try {
    return await planOf(request, facts)
  } catch (error) {
    if (isOfFoldersBelow(facts.app, error)) return undefined
    throw error
  }
}

async function planOf(request: PlanRequest, facts: Facts): Promise<TemplatePlan | undefined> {
  const { settings } = request
  const { app, project, manager, node } = facts
  const framework = (await recogniseFramework(app)) ?? { name: 'Node.js' }
  const start = framework.serve ? undefined : await chooseStart(app, framework, node)
  if (settings.template !== 'node' && (await isOfAnother(app, framework, start))) return undefined
  const install = await planInstall({ ...request, project, manager })
  const build = planBuild({ app, project, manager, framework, compiles: start?.compiles ?? false })
  const release = settings.releaseCommand ?? (await readProcfile(app.source)).release
  const image = finalImage({ ...facts, framework, build, ...(install && { install }), start, release })
  return {
    framework: framework.name,
    kind: framework.serve ? 'static' : 'server',
    port: framework.port ?? (framework.serve ? 8080 : PORT),
    healthPath: framework.healthPath ?? '/',
    contextFolder: project.top.folder,
    commands: {
      ...(install && { install: install.command }),
      ...(build.length > 0 && { build: build.map((it) => shown(it, app)).join(' && ') }),
      ...(start && { start: start.program }),
      ...(release !== undefined && { release }),
    },
    ...withFiles(image, stagesOf({ node, manager, ...(install && { install }) })),
    notes: [
      ...facts.notes,
      ...(framework.notes ?? []),
      ...notesOnVariables(request.env),
      ...(install?.notes ?? []),
      ...image.notes,
    ],
  }
}

/** As it would be typed in the app's folder. */
function shown({ folder, command }: BuildStep, app: App): string {
  return folder === app.folder ? command : `(cd ${path.posix.relative(app.folder, folder)} && ${command})`
}

const withFiles = ({ values, extraFiles }: ReturnType<typeof finalImage>, stages: ReturnType<typeof stagesOf>) => ({
  values: { ...values, node: stages },
  extraFiles: { ...extraFiles, ...stages.extraFiles },
})

async function findFacts({ source, settings }: PlanRequest): Promise<Facts | undefined> {
  const packageJson = await readPackageJson(source)
  if (packageJson === undefined) return undefined
  const found = await readProject(source, packageJson)
  const node = await chooseNode(source, ...(found.top === source ? [] : [found.top]))
  const manager = await choosePackageManager(found.top, node)
  if (found.members.length === 1 && settings.outputDir === undefined)
    await askWhichOfNx(source, await startOfTop(found, settings))
  const isTop = found.members.length > 1 && found.folder === ''
  const choice = isTop ? await chooseMember(found, manager, settings) : { folder: found.folder, notes: [] }
  const project: Project = { ...found, folder: choice.folder }
  const member = project.members.find((it) => it.folder === project.folder)
  if (member === undefined) return undefined
  const app = appOf(member, manager, settings)
  return { app, project, manager, node, notes: [...choice.notes, ...node.notes, ...manager.notes] }
}
