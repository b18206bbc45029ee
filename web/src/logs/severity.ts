import type { LogLineView } from '../../../server/http/views.ts'
import { printable } from './ansi.ts'

export type Severity = 'error' | 'warning'

/** A level stands near the beginning of a line. */
const LOOKED_AT = 200
/** What may stand before it: times in numbers or words, then a name like `[worker]` or `app.jobs -`. */
const TIME = /^(?:[\d\s:.,+/|()-]|[A-Z][a-z]{2},? |UTC |T(?=\d)|Z(?=\W)|\[[\d\s:.,+/TZ-]*\])*/
const NAME = /^(?:\[[\w .:/-]{1,40}\][\s:-]+|[\w.]{1,40} - )/
/** A level in capitals stands by itself; in small letters it has a sign behind it, or the line could be a sentence. */
const level = (...names: string[]) => {
  const capitals = names.map((it) => it.toUpperCase()).join('|')
  const small = names.flatMap((it) => [it, it[0]?.toUpperCase() + it.slice(1)]).join('|')
  return new RegExp(String.raw`^[\[(<]?(?:(?:${capitals})(?![\w=-])|(?:${small})(?=[\]):>!]))`)
}
const field = (names: string) => new RegExp(String.raw`\b(?:level|severity|lvl)"?\s*[=:]\s*"?(?:${names})\b`, 'i')

const ERROR = [
  level('error', 'err', 'fatal', 'critical', 'crit', 'severe', 'panic', 'emerg', 'alert'),
  field('error|err|fatal|critical|panic|50|60'),
  /^(?:Uncaught )?[\w.]*(?:Error|Exception)(?: \[\w+\])?: /,
  /^npm (?:error|ERR!)/,
]
const WARNING = [level('warn', 'warning'), field('warn|warning|40'), /^npm (?:warn|WARN)/, /^\w*Warning: /]
const CALM = [level('info', 'notice', 'debug', 'trace', 'verbose'), field('info|debug|trace|10|20|30')]

/**
 * What a line is marked as: what it says of itself, else what it was printed on. Programs print much on stderr that is no
 * error, so that is a warning.
 */
export function severityOf({
  level,
  stream,
  text,
}: Pick<LogLineView, 'level' | 'stream' | 'text'>): Severity | undefined {
  if (level === 'error' || level === 'fatal') return 'error'
  if (stream === 'step') return undefined
  const start = printable(text.slice(0, LOOKED_AT)).replace(TIME, '')
  const unnamed = start.replace(NAME, '')
  const says = (patterns: RegExp[]) => patterns.some((it) => it.test(start) || it.test(unnamed))
  if (says(ERROR)) return 'error'
  if (says(WARNING)) return 'warning'
  return (level === 'warn' || stream === 'stderr') && !says(CALM) ? 'warning' : undefined
}
