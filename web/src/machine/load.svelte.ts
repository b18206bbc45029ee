import type { MachineSample, StatsView } from '../../../server/http/views.ts'
import { getStats } from '../api/machine.ts'
import { live } from '../state/live.svelte.ts'
import { useResource } from '../state/resource.svelte.ts'
import { joinSamples } from './samples.ts'

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
