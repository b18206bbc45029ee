import type { RunView } from '../../../server/http/views.ts'
import { ago, duration } from '../ui/format.ts'

type Words = { label: string; tone: 'ok' | 'warn' | 'bad' | 'none' }

const WORDS: Record<RunView['state'], Words> = {
  running: { label: 'Running', tone: 'warn' },
  succeeded: { label: 'Succeeded', tone: 'ok' },
  failed: { label: 'Failed', tone: 'bad' },
  skipped: { label: 'Skipped', tone: 'none' },
}

export const wordsOfRun = ({ state }: Pick<RunView, 'state'>): Words => WORDS[state]

/** How long it took, or takes until now; nothing for one that did not run. */
export function tookOf({ state, startedAt, endedAt }: RunView, now: number): string | undefined {
  if (state === 'skipped') return undefined
  return duration((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt))
}

/** “in 3 hours”. */
export function until(at: string, now: number): string {
  const left = Date.parse(at) - now
  return left < 60_000 ? 'in less than a minute' : ago(at, now)
}
