import { median } from '../../bench/figures.ts'
import type { Outcome } from './rehearse.ts'

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

export const heading = [
  '| what | apps back | median | worst | requests failed | shown as running |',
  '|---|---|---|---|---|---|',
].join('\n')

/** A row of a table, and below it what is to be noted and what is wrong. */
export function tell({ drill, visited, shownMs, note, problems }: Outcome): string {
  const times = visited.map((it) => it.backMs)
  const sum = (of: 'asked' | 'failed') => visited.reduce((total, it) => total + it[of], 0)
  const back = times.filter((ms) => ms >= 0).length
  const cells = [
    drill,
    `${back} of ${visited.length}`,
    seconds(median(times)),
    seconds(Math.max(...times)),
    `${sum('failed')} of ${sum('asked')}`,
    seconds(shownMs),
  ]
  return [`| ${cells.join(' | ')} |`, ...(note ? [`  ${note}`] : []), ...problems.map((it) => `  WRONG: ${it}`)].join(
    '\n',
  )
}
