import type { MachineSample, StatsView } from '../../../server/http/views.ts'

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
