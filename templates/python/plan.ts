import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { planAssets } from '../node/assets.ts'
import { chooseStart } from './choose-start.ts'
import { readProject } from './project.ts'
import { buildValues } from './values.ts'

/** An app in Python, by what it depends on and by what its files make and run. */
export const plan: PlanFunction = async (request) => {
  const project = await readProject(request)
  const start = await chooseStart(project, request)
  if (start === undefined) return undefined
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
