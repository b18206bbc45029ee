import { type ContainerUsage, coreShare } from '../adapters/docker-stats.ts'
import { listServing } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { containerName } from '../names.ts'
import type { AppSample } from '../samples.ts'

const AT_ONCE = 4

/**
 * Measures the containers that serve, a few at a time, until `signal` fires. What cannot be measured is left out: the
 * engine may be down, and a container may go meanwhile. Compares with what it found the last time it was called.
 */
export function createAppMeter(deps: Deps): (signal: AbortSignal) => Promise<AppSample[]> {
  let before = new Map<string, ContainerUsage>()

  return async (signal) => {
    const found = new Map<string, ContainerUsage>()
    const samples: AppSample[] = []
    const waiting = await listServing(deps.db)
    const measureNext = async () => {
      for (let ref = waiting.pop(); ref && !signal.aborted; ref = waiting.pop()) {
        const name = containerName(deps.config.instance, ref)
        const usage = await measure(deps, name, signal)
        if (!usage) continue
        found.set(name, usage)
        const { memory, memoryLimit } = usage
        samples.push({ deploymentId: ref.deploymentId, cpu: coreShare(before.get(name), usage), memory, memoryLimit })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, measureNext))
    before = found
    return samples
  }
}

const measure = ({ docker, log }: Deps, name: string, signal: AbortSignal) =>
  docker.usage(name, signal).catch((error: unknown) => {
    log.debug({ err: error, container: name }, 'a container could not be measured')
    return undefined
  })
