import { AppError } from '../../errors.ts'
import { labelsOf, networkName, subnetOf } from '../../names.ts'
import { defineStep } from '../step.ts'

/** A network of the release's own: apps do not see each other. Its small subnet follows from the port. */
export const createNetwork = defineStep({
  name: 'create-network',
  phase: 'deploying',
  until: 'retired',
  effects: ({ config, ref }) => [{ kind: 'network', name: networkName(config.instance, ref) }],
  async apply({ config, docker, port, ref }) {
    if (port === undefined) throw new AppError('internal', 'No port was claimed for this release. Deploy again.')
    const subnet = subnetOf(port, config.portRange.from)
    await docker.ensureNetwork(networkName(config.instance, ref), subnet, labelsOf(config.instance, ref))
  },
  revert: ({ config, docker, ref }) => docker.removeNetwork(networkName(config.instance, ref)),
  inspect: ({ docker }, { name }) => docker.hasNetwork(name),
})
