import { AppError } from '../../errors.ts'
import { labelsOf, networkName, subnetsOf } from '../../names.ts'
import { defineStep } from '../step.ts'

/** A network of the release's own: apps do not see each other. Its small subnet follows from the port. */
export const createNetwork = defineStep({
  name: 'create-network',
  phase: 'building',
  until: 'retired',
  meanwhile: true,
  effects: ({ config, ref }) => [{ kind: 'network', name: networkName(config.instance, ref) }],
  async apply({ config, docker, port, ref }) {
    if (port === undefined) throw new AppError('internal', 'No port was claimed for this release. Deploy again.')
    for (const subnet of subnetsOf(port)) {
      if (await docker.ensureNetwork(networkName(config.instance, ref), subnet, labelsOf(config.instance, ref))) return
    }
    throw new AppError(
      'engine_failed',
      'Other networks hold every subnet that was tried for this app. Remove unused ones (docker network prune), then deploy again.',
    )
  },
  revert: ({ config, docker, ref }) => docker.removeNetwork(networkName(config.instance, ref)),
  inspect: ({ docker }, { name }) => docker.hasNetwork(name),
})
