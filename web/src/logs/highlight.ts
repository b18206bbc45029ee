import type { Piece } from './ansi.ts'

export type Run = Piece & { isHit: boolean }

/** Finds `query` as it is written, in either case. Undefined when there is nothing to look for. */
export const matcherOf = (query: string): RegExp | undefined =>
  query === '' ? undefined : new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu')

/** More marks in one line would not help to find anything. */
const MOST_HITS = 200

/** The pieces cut where what was looked for begins and ends; a hit may go over several pieces. */
export function highlight(pieces: readonly Piece[], matcher: RegExp | undefined): Run[] {
  if (!matcher) return pieces.map((it) => ({ ...it, isHit: false }))
  const edges = edgesIn(pieces.map((it) => it.text).join(''), matcher)
  const runs: Run[] = []
  let passed = 0
  let begin = 0
  for (const { text, look } of pieces) {
    let from = 0
    while (from < text.length) {
      const edge = edges[passed] ?? Number.POSITIVE_INFINITY
      const end = Math.min(text.length, edge - begin)
      if (end > from) runs.push({ text: text.slice(from, end), look, isHit: passed % 2 === 1 })
      if (begin + end === edge) passed += 1
      from = end
    }
    begin += text.length
  }
  return runs
}

/** Begin, end, begin, end, … of the hits. */
function edgesIn(text: string, matcher: RegExp): number[] {
  const edges: number[] = []
  for (const { index, 0: hit } of text.matchAll(matcher)) {
    if (edges.at(-1) === index) edges.pop()
    else edges.push(index)
    edges.push(index + hit.length)
    if (edges.length >= 2 * MOST_HITS) break
  }
  return edges
}
