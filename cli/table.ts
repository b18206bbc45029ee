import { printable } from '../web/src/logs/ansi.ts'
import { dim } from './render.ts'

const GAP = '  '

/** Rows under a head, each column as wide as its widest cell. */
export function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => widthOf(row[at] ?? ''))))
  return [head.map((it) => dim(it)), ...rows].map((row) => alignTo(widths, row))
}

/** Names before their values; what has no value is left out. */
export function pairs(all: [name: string, value: string | null | undefined][]): string[] {
  const shown = all.filter((it): it is [string, string] => it[1] !== null && it[1] !== undefined && it[1] !== '')
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => alignTo([width], [dim(name), value]))
}

const alignTo = (widths: number[], row: string[]) =>
  row
    .map((cell, at) => cell + ' '.repeat(at === row.length - 1 ? 0 : Math.max(0, (widths[at] ?? 0) - widthOf(cell))))
    .join(GAP)

/** Styles take no room. */
const widthOf = (cell: string) => [...printable(cell)].length
