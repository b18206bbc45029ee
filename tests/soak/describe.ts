import type { Growth, Part } from './soak.ts'

const HEAD = ['figure', 'first', 'last', 'slope', 'second half', '', 'may']

/** A table of what each figure did, for people. */
export function describeGrowth(part: Part, growths: Growth[]): string {
  const { name, unit, count, seconds, answers, failures, readings } = part
  const rows = [HEAD, ...growths.map((it) => rowOf(it, unit))]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) => row.map((it, column) => it.padEnd(widths[column] ?? 0)).join('  '))
  return [
    `\n${name}: ${count} ${unit}${unit === 'push' ? 'es' : 's'} in ${seconds} s, ${readings.length} readings, ${answers} requests, ${failures.length} failed`,
    ...lines.map((line) => `  ${line.trimEnd()}`),
    '',
  ].join('\n')
}

const rowOf = ({ figure, first, last, all, late, verdict, rule }: Growth, unit: string) => [
  figure,
  count(first),
  count(last),
  small(all.slope),
  `${small(late.slope)} ± ${small(late.error)} a ${unit}`,
  verdict,
  mayOf(rule),
]

function mayOf(rule: Growth['rule']): string {
  if (rule.kind === 'same') return 'not change'
  if (rule.kind === 'bounded') return `be ${count(rule.most)} at most: ${rule.why}`
  return `rise by ${rule.perCycle} each: ${rule.why}`
}

const count = (value: number) => value.toLocaleString('en')
const small = (value: number) => (Number.isFinite(value) ? String(Number(value.toFixed(3))) : '?')
