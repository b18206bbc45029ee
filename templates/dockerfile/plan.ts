import { AppError } from '../../server/errors.ts'
import type { PlanFunction, PlanRequest, TemplatePlan } from '../../server/templates/template-plan.ts'
import { findStage, portsOf, readStages } from './stages.ts'

/** The repository's own Dockerfile, the one that is named or the one at the top. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const name = settings.dockerfile ?? (isOnlyContainerfile(source.files) ? 'Containerfile' : 'Dockerfile')
  const text = await source.named(name)
  if (text === undefined) throw notThere(name, source.folder)
  return { framework: 'Dockerfile', kind: 'server', dockerfilePath: name, ...readDockerfile(text, settings) }
}

const isOnlyContainerfile = (files: readonly string[]) =>
  !files.includes('Dockerfile') && files.includes('Containerfile')

const notThere = (name: string, folder: string) =>
  new AppError(
    'dockerfile_not_found',
    `There is no ${name} in ${folder || 'the repository'}. Check the path of the Dockerfile.`,
    {
      field: 'overrides.dockerfile',
    },
  )

type Read = Pick<TemplatePlan, 'commands' | 'port' | 'notes'>

function readDockerfile(text: string, { target, startCommand }: PlanRequest['settings']): Read {
  const stages = readStages(text)
  const stage = findStage(stages, target)
  if (!stage && target !== undefined) throw noSuchStage(target, stages.map((it) => it.name).filter(Boolean))
  const [port, ...others] = stage ? [...new Set(portsOf(stages, stage))] : []
  return {
    commands: startCommand === undefined ? {} : { start: startCommand },
    ...(port !== undefined && { port }),
    notes: [
      ...(others.length > 0
        ? [`EXPOSE names more than one port; the app is asked on ${port}. Set the port if it is another one.`]
        : []),
      ...(/^[ \t]*#[ \t]*syntax[ \t]*=/im.test(text)
        ? ['The “# syntax” line is not obeyed: the engine’s own builder reads the Dockerfile.']
        : []),
    ],
  }
}

const noSuchStage = (target: string, names: string[]) =>
  new AppError(
    'dockerfile_not_found',
    `The Dockerfile has no stage ${target}. ${names.length > 0 ? `It has ${names.join(', ')}.` : 'None of its stages has a name.'}`,
    { field: 'overrides.target' },
  )
