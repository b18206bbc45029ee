import { AppError } from '../../errors.ts'
import { labelsOf, networkName, subnetsOf } from '../../names.ts'
import type { StepContext } from '../context.ts'
import { defineStep } from '../step.ts'

/** A network of the release's own: apps do not see each other. Its small subnet follows from the port. */
export const createNetwork = defineStep({
  name: 'create-network',
  phase: 'building',
  until: 'retired',
  meanwhile: true,
  effects: ({ config, ref }) => [{ kind: 'network', name: networkName(config.instance, ref) }],
  apply: (ctx) => ensureNetwork(ctx, networkName(ctx.config.instance, ctx.ref)),
  revert: ({ config, docker, ref }) => docker.removeNetwork(networkName(config.instance, ref)),
  inspect: ({ docker }, { name }) => docker.hasNetwork(name),
})

/** A network of this name, on the first subnet of the release's that nobody else has. @throws engine_failed */
export async function ensureNetwork({ config, docker, port, ref }: StepContext, name: string): Promise<void> {
  if (port === undefined) throw new AppError('internal', 'No port was claimed for this release. Deploy again.')
  for (const subnet of subnetsOf(port)) {
    if (await docker.ensureNetwork(name, subnet, labelsOf(config.instance, ref))) return
  }
  throw new AppError(
    'engine_failed',
    'Other networks hold every subnet that was tried for this app. Remove unused ones (docker network prune), then deploy again.',
  )
}
