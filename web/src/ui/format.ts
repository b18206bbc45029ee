/** Numbers and times as people read them. */

const SECOND = 1000
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400 * SECOND],
  ['month', 30 * 86_400 * SECOND],
  ['day', 86_400 * SECOND],
  ['hour', 3600 * SECOND],
  ['minute', 60 * SECOND],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** “3 minutes ago”; “just now” within a minute either way. `at` is ISO 8601, `now` milliseconds. */
export function ago(at: string, now: number): string {
  const distance = Date.parse(at) - now
  const unit = UNITS.find(([, size]) => Math.abs(distance) >= size)
  return unit ? relative.format(Math.trunc(distance / unit[1]), unit[0]) : 'just now'
}

/** The day alone, in the reader's zone: for ends that are far away. */
export const calendarDay = (at: string) => day.format(new Date(at))
/** Date and time in the reader's zone. */
export const dateTime = (at: string) => absolute.format(new Date(at))
/** 14:03:22, in the reader's zone. */
export const timeOfDay = (at: string) => clock.format(new Date(at))

/** 0.4 s · 12.3 s · 2 min 5 s · 1 h 4 min */
export function duration(ms: number): string {
  if (ms < 60 * SECOND) return `${(Math.max(0, ms) / SECOND).toFixed(1)} s`
  const seconds = Math.round(ms / SECOND)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** Binary units, as engines and kernels count: 512 B · 37.9 MiB · 1.5 GiB */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

/** 0.123 → 12.3 % */
export const percent = (share: number) => `${(share * 100).toFixed(share >= 0.1 ? 0 : 1)} %`

export const shortSha = (sha: string) => sha.slice(0, 7)

/** github.com/owner/name → owner/name */
export const repositoryName = (githubUrl: string) => githubUrl.split('/').slice(-2).join('/')

export const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`
