import type { Keep } from './settings.ts'

type Made = { id: string; at: string }

const DAY_MS = 24 * 60 * 60_000
const dayOf = (at: string) => at.slice(0, 10)
/** Weeks begin on Monday; the first of 1970 was a Thursday. */
const weekOf = (at: string) => String(Math.floor((Date.parse(at) / DAY_MS + 3) / 7))

/**
 * The backups that the rule does not keep. The newest of a day or a week stands for it, by UTC; days and weeks without a
 * backup do not count. The newest one of all is kept in any case. One from after `now` was made while the clock was wrong:
 * it takes nobody's place, and stays until its time has come.
 */
export function chooseOld(backups: readonly Made[], keep: Keep, now: string): string[] {
  const newestFirst = backups.filter((it) => it.at <= now).sort((a, b) => b.at.localeCompare(a.at))
  const kept = new Set([
    ...newestFirst.slice(0, Math.max(1, keep.last)),
    ...newestOf(newestFirst, dayOf).slice(0, keep.daily),
    ...newestOf(newestFirst, weekOf).slice(0, keep.weekly),
  ])
  return newestFirst.filter((it) => !kept.has(it)).map((it) => it.id)
}

function newestOf(newestFirst: readonly Made[], periodOf: (at: string) => string): Made[] {
  const periods = new Map<string, Made>()
  for (const it of newestFirst) if (!periods.has(periodOf(it.at))) periods.set(periodOf(it.at), it)
  return [...periods.values()]
}
