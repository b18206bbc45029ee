import type { LogLineView } from '../../../server/http/views.ts'
import { MOST_SHOWN, printable } from './ansi.ts'

/** A line as it is kept: plain, not reactive, 200,000 of them. */
export type Line = LogLineView & {
  /** Characters that are shown of it. */
  readonly length: number
  /** Its height in pixels where it was last seen wrapped, and how wide it was then. */
  height: number
  columns: number
}

export const makeLine = (line: LogLineView): Line => ({
  ...line,
  length: Math.min(printable(line.text).length, MOST_SHOWN),
  height: 0,
  columns: 0,
})

export type Severity = 'error' | 'warning'

/** What a line is marked as. Programs print much on stderr that is no error, so that is a warning. */
export function severityOf({ level, stream }: Pick<LogLineView, 'level' | 'stream'>): Severity | undefined {
  if (level === 'error' || level === 'fatal') return 'error'
  return level === 'warn' || stream === 'stderr' ? 'warning' : undefined
}

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
