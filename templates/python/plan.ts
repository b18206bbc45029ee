import type { PlanFunction, PlanRequest, TemplatePlan } from '../../server/templates/template-plan.ts'
import { planAssets } from '../node/assets.ts'
import { chooseStart, isDocs } from './choose-start.ts'
import { docsCommand, docsServer, docsValues, installDocs } from './docs-site.ts'
import { type Project, readProject } from './project.ts'
import { buildValues } from './values.ts'

/** An app in Python, by what it depends on and by what its files make and run. */
export const plan: PlanFunction = async (request) => {
  const project = await readProject(request)
  const start = await chooseStart(project, request)
  if (start === undefined) return isDocs(project) ? planDocs(project, request) : undefined
  const assets = await planAssets(request)
  const build = request.settings.buildCommand ?? start.build
  const { values, notes, extraFiles } = await buildValues(project, start, request)
  return {
    framework: start.framework,
    kind: 'server',
    commands: {
      ...(project.install.command !== undefined && { install: project.install.command }),
      ...(build !== undefined && { build }),
      start: start.command,
      ...(start.release !== undefined && { release: start.release }),
    },
    values: { ...values, assets },
    ...(start.port !== undefined && { port: start.port }),
    ...(start.healthPath !== undefined && { healthPath: start.healthPath }),
    ...(extraFiles && { extraFiles }),
    notes: [...notes, ...start.notes, ...(assets?.notes ?? [])],
  }
}

/** A library's documentation is what of it can be visited. */
async function planDocs(project: Project, request: PlanRequest): Promise<TemplatePlan> {
  const command = request.settings.installCommand
  const install = command === undefined ? await installDocs(request.source) : project.install
  const build = request.settings.buildCommand ?? docsCommand
  const { values, notes } = await buildValues(
    { ...project, install },
    { framework: 'MkDocs', command: '', notes: [] },
    request,
  )
  return {
    framework: 'MkDocs',
    kind: 'static',
    commands: { ...(install.command !== undefined && { install: install.command }), build },
    values: { ...values, docs: docsValues },
    port: 8080,
    extraFiles: { 'nginx.conf': docsServer() },
    notes: ['Nothing here runs by itself: the documentation is built and served.', ...notes],
  }
}
