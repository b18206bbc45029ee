import type { LogLineView } from '../../../server/http/views.ts'
import { MOST_SHOWN, printable } from './ansi.ts'
import { type Severity, severityOf } from './severity.ts'

/** A line as it is kept: plain, not reactive, 200,000 of them. */
export type Line = LogLineView & {
  /** Characters that are shown of it. */
  readonly length: number
  readonly severity: Severity | undefined
  /** Its height in pixels where it was last seen wrapped, and how wide it was then. */
  height: number
  columns: number
}

export const makeLine = (line: LogLineView): Line => ({
  ...line,
  length: Math.min(printable(line.text).length, MOST_SHOWN),
  severity: severityOf(line),
  height: 0,
  columns: 0,
})

/** The place of the first line with this number or a higher one. Lines are in order. */
export function indexOfSeq(lines: readonly Line[], seq: number): number {
  let [low, high] = [0, lines.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((lines[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}
