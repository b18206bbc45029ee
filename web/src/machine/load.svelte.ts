import type { MachineSample, StatsView } from '../../../server/http/views.ts'
import { getStats } from '../api/machine.ts'
import { live } from '../state/live.svelte.ts'
import { useResource } from '../state/resource.svelte.ts'

/** What the machine is, and what it used of late: oldest first. */
export type Load = Pick<StatsView['machine'], 'cores' | 'memoryTotal' | 'diskTotal' | 'history'>

/** The machine's load for as long as the component lives: the server's history, and each sample after it. */
export function useLoad() {
  const stats = useResource(() => getStats)
  let later = $state.raw<MachineSample[]>([])

  $effect(() =>
    live.onEvent((event) => {
      if (event.type === 'stats') later = [...later, event.sample.machine.now].slice(-MOST_LATER)
    }),
  )

  const load = $derived(stats.data && { ...stats.data.machine, history: joinSamples(stats.data.machine, later) })
  return {
    get data(): Load | undefined {
      return load
    },
    get error() {
      return stats.error
    },
    refresh: () => stats.refresh(),
  }
}

/** An hour of samples every 5 s. */
const MOST_LATER = 720
/** A server that has just started has a short history, which grows to this. */
const SHORTEST_MS = 10 * 60_000

/** One row of samples, each once, over as long a time as the server's own history. */
export function joinSamples({ history, now }: Pick<StatsView['machine'], 'history' | 'now'>, later: MachineSample[]) {
  const all = [...history]
  for (const sample of [now, ...later]) if (sample.at > (all.at(-1)?.at ?? '')) all.push(sample)
  const start = Date.parse(all[0]?.at ?? now.at)
  const end = Date.parse(all.at(-1)?.at ?? now.at)
  const span = Math.max(SHORTEST_MS, Date.parse(now.at) - start)
  return all.filter(({ at }) => Date.parse(at) >= end - span)
}
