/** What is inside of quotes, and what another command puts in: no part of how commands follow one another. */
const INNER = /'[^']*'|"(?:\\.|[^"\\])*"|\$\([^()]*\)|\$\{[^{}]*\}/gs
/** With these a shell does more than run one command after another. */
const MORE = /[`(){}<>|\n]|(?<!&)&(?!&)|[;&]\s*$|(^|[\s;&])(if|for|while|until|case)\s/
/** What a shell does itself. */
const OWN_WORD = /^(cd|export|set|unset|exec|eval|source|\.|:|!|\[|test|trap|wait|ulimit|umask)(\s|$)/

/**
 * The command with `exec` before its last part, where that is one program: the shell gives it its place then, and a SIGTERM
 * reaches the app, which can finish what it is answering. dash would stay in between and die alone. Anything else stays as it is.
 */
export function execLine(command: string): string {
  const outer = command.replace(INNER, '""').trim()
  const [, before = '', last = ''] = /^(.*(?:&&|;))?\s*(.+)$/.exec(outer) ?? []
  if (last === '' || MORE.test(outer) || OWN_WORD.test(last)) return command
  // where one command follows another, the last is cut off only when nothing is hidden in the text
  if (before !== '' && outer !== command.trim()) return command
  const start = command.trim().slice(before.length).trim()
  return `${before}${before && ' '}exec ${/^\w+=/.test(start) ? 'env ' : ''}${start}`
}
