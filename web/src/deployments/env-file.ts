/**
 * Files of variables (`.env`), read and written.
 *
 * Where dotenv, Node's parseEnv and Docker Compose agree, so does this: `export` in front is ignored, blank lines and
 * lines that begin with # are skipped, space around = and around an unquoted value is dropped, quoted values may have
 * several lines, a # behind a closing quote begins a comment, the last of a name wins. Where they differ:
 * - A # in an unquoted value begins a comment only behind a space, as in Compose and in a shell. dotenv and Node cut the
 *   value at any #; a password cut in half is noticed late, so the whole value is taken and a note says so.
 * - Double quotes know \n \r \t \" \\ \$ (Compose's set); before anything else a backslash is a backslash. Node knows
 *   only \n, dotenv \n and \r.
 * - Single quotes and backticks (dotenv, Node) are literal up to the next one.
 * - Nothing is expanded: $HOME and ${HOME} arrive as written (Compose expands them).
 * - `KEY: value` and a name without = are problems; dotenv takes the first, Compose reads the second from the shell.
 * Line ends are \n in values, also when the file has those of Windows.
 */
export type EnvFile = {
  /** In the order of the file; of a name that stands more than once, the last value in the first place. */
  variables: { key: string; value: string; line: number }[]
  /** Names that stand more than once, with their lines. */
  duplicates: { key: string; lines: number[] }[]
  /** Lines that were left out. Lines count from 1. */
  problems: LineNote[]
  /** Lines that were read, but perhaps not as other programs would. */
  notes: LineNote[]
}
type LineNote = { line: number; message: string }

type Value = { value: string; end: number; note?: string }
type Problem = { problem: string; end: number }

const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/y
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' }
const QUOTES: Record<string, string> = { '"': 'double quote', "'": 'single quote', '`': 'backtick' }

/** Never throws: what cannot be read is told in `problems`, and reading goes on with the next line. */
export function parseEnvFile(file: string): EnvFile {
  const text = file.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const read: EnvFile['variables'] = []
  const problems: LineNote[] = []
  const notes: LineNote[] = []
  for (let at = 0, line = 1; at < text.length; ) {
    const lineEnd = endOfLine(text, at)
    const found = readLine(text, at, lineEnd)
    if ('key' in found) read.push({ key: found.key, value: found.value, line })
    if ('problem' in found) problems.push({ line, message: found.problem })
    if ('note' in found && found.note !== undefined) notes.push({ line, message: found.note })
    const next = found.end + 1
    line += countLines(text, at, next)
    at = next
  }
  return { ...mergeDuplicates(read), problems, notes }
}

/** Reads from `at`; `end` of the answer is the line end it stopped at. */
function readLine(text: string, at: number, lineEnd: number): ({ key: string } & Value) | Problem | { end: number } {
  const line = text.slice(at, lineEnd).trim()
  if (line === '' || line.startsWith('#')) return { end: lineEnd }
  ASSIGNMENT.lastIndex = at
  const [start, key] = ASSIGNMENT.exec(text) ?? []
  if (start === undefined || key === undefined) return { problem: explain(line), end: lineEnd }
  const from = at + start.length
  const value = (text[from] ?? '') in QUOTES ? readQuoted(text, from, lineEnd) : readUnquoted(text, from, lineEnd, key)
  return 'problem' in value ? value : { key, ...value }
}

function readUnquoted(text: string, from: number, lineEnd: number, key: string): Value {
  // The space before a # that follows = directly was taken with the =.
  const raw = text.slice(from, lineEnd)
  const isComment = raw.startsWith('#') && /[ \t]/.test(text[from - 1] ?? '')
  const value = isComment ? '' : raw.replace(/[ \t]+#.*$/, '').replace(/^[ \t]+|[ \t]+$/g, '')
  const note = `The # belongs to the value of ${key}. Put a space before it if it begins a comment.`
  return { value, end: lineEnd, ...(value.includes('#') && { note }) }
}

function readQuoted(text: string, from: number, lineEnd: number): Value | Problem {
  const quote = text[from] ?? ''
  const close = quote === '"' ? closingDouble(text, from + 1) : text.indexOf(quote, from + 1)
  if (close < 0) return { problem: `The ${QUOTES[quote]} is never closed.`, end: lineEnd }
  const end = endOfLine(text, close)
  if (/^[ \t]*(#.*)?$/.test(text.slice(close + 1, end))) {
    const inside = text.slice(from + 1, close)
    return { value: quote === '"' ? unescapeDouble(inside) : inside, end }
  }
  const isSameLine = close < lineEnd
  const problem = isSameLine
    ? `There is text behind the closing ${QUOTES[quote]}.`
    : `The ${QUOTES[quote]} is not closed where its value ends.`
  return { problem, end: lineEnd }
}

function closingDouble(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return -1
}

const unescapeDouble = (text: string) => text.replace(/\\([nrt"\\$])/g, (_, sign: string) => ESCAPES[sign] ?? sign)

function explain(line: string): string {
  const key = /^(?:export\s+)?([^=]*)/.exec(line)?.[1]?.trim() ?? ''
  if (!line.includes('=')) return 'There is no = behind the name.'
  if (key === '') return 'There is no name before the =.'
  return `“${key.slice(0, 60)}” cannot be a name: letters, digits and underscores, and no digit first.`
}

function mergeDuplicates(read: EnvFile['variables']): Pick<EnvFile, 'variables' | 'duplicates'> {
  const byKey = Map.groupBy(read, (it) => it.key)
  const variables = [...byKey.values()].map((all) => all[all.length - 1]).filter((it) => it !== undefined)
  const duplicates = [...byKey].flatMap(([key, all]) =>
    all.length > 1 ? [{ key, lines: all.map((it) => it.line) }] : [],
  )
  return { variables, duplicates }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function countLines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** The file that `parseEnvFile` reads as these variables; other programs do too where their rules allow it. */
export function formatEnvFile(variables: readonly { key: string; value: string }[]): string {
  return variables.map(({ key, value }) => `${key}=${quote(value)}\n`).join('')
}

/** As plain as it can be: nothing expands or escapes in single quotes, and few programs know all escapes. */
function quote(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=~-]*$/.test(value)) return value
  if (!/['\r]/.test(value)) return `'${value}'`
  return `"${value.replace(/["\\$]/g, '\\$&').replace(/\r/g, '\\r')}"`
}
