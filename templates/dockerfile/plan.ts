import { AppError } from '../../server/errors.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'

/** The repository's own Dockerfile, the one that is named or the one at the top. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const names = settings.dockerfile === undefined ? ['Dockerfile', 'Containerfile'] : [settings.dockerfile]
  for (const name of names) {
    const text = await source.text(name)
    if (text !== undefined) return { framework: 'Dockerfile', kind: 'server', commands: {}, dockerfilePath: name }
  }
  throw new AppError(
    'dockerfile_not_found',
    `There is no ${names[0]} in ${source.folder || 'the repository'}. Check the path of the Dockerfile.`,
    { field: 'overrides.dockerfile' },
  )
}
