import { type ContainerUsage, coreShare } from '../adapters/docker-stats.ts'
import { listServing } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { containerName } from '../names.ts'
import type { AppSample } from '../samples.ts'

const AT_ONCE = 4
/** What was found longer ago is no longer shown. */
const KEPT_MS = 120_000

type Measured = { usage: ContainerUsage; sample: AppSample; at: number }

/**
 * Measures the containers that serve, a few at a time, until `signal` fires, and the next time goes on from there: of
 * those that were not reached the last sample counts. What cannot be measured is left out: the engine may be down, and a
 * container may go meanwhile. Compares with what it found when it measured a container before.
 */
export function createAppMeter(
  deps: Pick<Deps, 'db' | 'config' | 'docker' | 'log'>,
): (signal: AbortSignal) => Promise<AppSample[]> {
  const measured = new Map<string, Measured>()
  /** The container that the next pass begins with. */
  let first: string | undefined

  async function measureOne(name: string, deploymentId: string, signal: AbortSignal): Promise<void> {
    const usage = await measure(deps, name, signal)
    if (!usage) {
      if (!signal.aborted) measured.delete(name)
      return
    }
    const { memory, memoryLimit } = usage
    const cpu = coreShare(measured.get(name)?.usage, usage)
    measured.set(name, { usage, sample: { deploymentId, cpu, memory, memoryLimit }, at: Date.now() })
  }

  return async (signal) => {
    const serving = await listServing(deps.db)
    const names = serving.map((ref) => containerName(deps.config.instance, ref))
    for (const [name, { at }] of measured) if (!names.includes(name) || Date.now() - at > KEPT_MS) measured.delete(name)
    const start = Math.max(0, names.indexOf(first ?? ''))
    const order = [...serving.keys()].map((index) => (index + start) % serving.length)

    let reached = 0
    const measureNext = async () => {
      while (reached < order.length && !signal.aborted) {
        const index = order[reached] ?? 0
        reached += 1
        await measureOne(names[index] ?? '', serving[index]?.deploymentId ?? '', signal)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, measureNext))
    first = names[order[reached] ?? -1]
    return names.flatMap((name) => measured.get(name)?.sample ?? [])
  }
}

const measure = ({ docker, log }: Pick<Deps, 'docker' | 'log'>, name: string, signal: AbortSignal) =>
  docker.usage(name, signal).catch((error: unknown) => {
    log.debug({ err: error, container: name }, 'a container could not be measured')
    return undefined
  })
