import type { Line } from './line.ts'

/** Pixels. The style sheet of the rows sets the same. */
export const ROW = 20

/** Where rows lie, below room for `head` rows that are still being loaded: so the scroll bar is right from the start. */
export type Layout = { count: number; total: number; top(index: number): number; indexAt(y: number): number }

/** Rows of one height need no table. */
export const evenLayout = (count: number, head = 0): Layout => ({
  count,
  total: (head + count) * ROW,
  top: (index) => (head + index) * ROW,
  indexAt: (y) => clamp(Math.floor(y / ROW) - head, count),
})

/**
 * Rows that wrap anywhere after `columns` characters: of most the height follows from the length, the others (wide
 * characters, tabs) are measured when they are seen. Done anew for each change: a pass over 200,000 takes a millisecond.
 */
export function wrappedLayout(lines: readonly Line[], columns: number, head = 0): Layout {
  const tops = new Float64Array(lines.length + 1)
  let y = head * ROW
  tops[0] = y
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as Line
    y += line.columns === columns ? line.height : Math.max(1, Math.ceil(line.length / columns)) * ROW
    tops[index + 1] = y
  }
  const top = (index: number) => tops[index] ?? y
  return { count: lines.length, total: y, top, indexAt: (it) => search(tops, it, lines.length) }
}

/** The last row that begins at or above `y`. */
function search(tops: Float64Array, y: number, count: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((tops[middle + 1] ?? 0) <= y) low = middle + 1
    else high = middle
  }
  return clamp(low, count)
}

const clamp = (index: number, count: number) => Math.max(0, Math.min(index, count - 1))
