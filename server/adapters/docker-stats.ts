/** What a container uses: CPU time in ns since it was started, memory in bytes, and when that was, in ms since 1970. */
export type ContainerUsage = { at: number; cpuNs: number; memory: number; memoryLimit: number }

type EngineStats = {
  read: string
  cpu_stats: { cpu_usage: { total_usage: number } }
  memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> }
}

/**
 * One look, without the second one that the engine else takes a second later to compare with. An engine with an API
 * below 1.41 does not know `one-shot` and leaves it aside: it answers the same, later.
 */
export const STATS_OPTIONS = { stream: false, 'one-shot': true }

/**
 * The engine's answer. As for `docker stats`, files in the page cache that are not in use are no used memory: they are
 * `total_inactive_file` in cgroup v1 and `inactive_file` in v2. Undefined when the container does not run.
 */
export function readUsage(stats: EngineStats): ContainerUsage | undefined {
  const { usage, limit = 0, stats: details = {} } = stats.memory_stats
  if (usage === undefined) return undefined
  const cache = details.total_inactive_file ?? details.inactive_file ?? 0
  return {
    at: Date.parse(stats.read),
    cpuNs: stats.cpu_stats.cpu_usage.total_usage,
    memory: Math.max(0, usage - cache),
    memoryLimit: limit,
  }
}

const MAX_AGE_MS = 60_000

/** The share of one core between two looks; null when they cannot be compared, such as before and after a restart. */
export function coreShare(before: ContainerUsage | undefined, after: ContainerUsage): number | null {
  const ms = before ? after.at - before.at : 0
  if (!before || ms <= 0 || ms > MAX_AGE_MS || after.cpuNs < before.cpuNs) return null
  return (after.cpuNs - before.cpuNs) / 1e6 / ms
}
