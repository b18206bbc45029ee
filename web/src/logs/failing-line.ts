import type { LogLineView } from '../../../server/http/views.ts'
import { printable } from './ansi.ts'

/** What Slipway writes itself when a step fails: `build-image: The build failed: …`. */
const VERDICT = /^[a-z]+(?:-[a-z]+)+: /
/** How compilers, package managers and runtimes begin the line that matters. */
const REASON =
  /(?:^|[\s[(])(?:\w*(?:error|exception)\b(?!s?:? *0\b)|err!|fatal\b|panic:|cannot (?:find|resolve|open|read)|could not|couldn't|failed|not found|no such file|undefined:|unresolved|denied)/i
/** Words that wrap up an error which stands further up. */
const SUMMARY =
  /^npm (?:error|ERR!) ?(?:code|path|command|errno|syscall|signal|dest|cwd|workspace|location|in workspace|at location|A complete log|.*_logs\b|\s*$)|exit(?:ed)? (?:code|status|with)|lifecycle/i
/** A command that npm (`> vite build`) or a shell (`+ make`) repeats before it runs it. */
const ECHO = /^[>+$] /
/** After the verdict only the clean-up is written. */
const LATEST = 200
/** What a step printed at last; an error is not announced thousands of lines before the end. */
const LAST_PRINTED = 2000

/**
 * The number of the line that says why a build failed, undefined when the log tells of no failure: within what the
 * failing step printed the first line that reads like a reason, else the last on stderr, else Slipway's own verdict.
 */
export function failingLine(lines: readonly LogLineView[]): number | undefined {
  const latest = lines.slice(-LATEST - LAST_PRINTED)
  const verdict = latest.findLastIndex(isVerdict)
  if (verdict < 0 || verdict < latest.length - LATEST) return undefined
  const before = latest.slice(0, verdict)
  const printed = before.slice(before.findLastIndex(isHeading) + 1)
  const reason =
    printed.find(isReason) ??
    printed.findLast((it) => it.stream === 'stderr' && !isSummary(it) && it.text.trim() !== '')
  return (reason ?? latest[verdict])?.seq
}

/**
 * The number of the line that says why an app ended, of what it printed at last; undefined when none reads like that. Of
 * one that was started again and again it is the last time's.
 */
export const crashLine = (lines: readonly LogLineView[]): number | undefined =>
  lines.slice(-LATEST).findLast(isReason)?.seq

const isVerdict = ({ stream, text }: LogLineView) => stream === 'stderr' && VERDICT.test(text)
const isHeading = ({ stream, text }: LogLineView) => stream === 'step' && !text.startsWith('CACHED ')
const isSummary = ({ text }: LogLineView) => SUMMARY.test(printable(text))
const isReason = (line: LogLineView) => {
  const text = printable(line.text)
  return REASON.test(text) && !SUMMARY.test(text) && !ECHO.test(text)
}
