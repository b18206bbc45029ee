/** What is inside of quotes and braces, what another command puts in, and what is done before in a shell of its own: no part of how commands follow one another. */
const INNER = /'[^']*'|"(?:\\.|[^"\\])*"|\$\([^()]*\)|\$\{[^{}]*\}|\([^()]*\)(?=\s*&&)/gs
/** With these a shell does more than run one command after another. */
const MORE = /[`(){}<>|\n]|(?<!&)&(?!&)|[;&]\s*$|(^|[\s;&])(if|for|while|until|case)\s/
/** What a shell does itself. */
const OWN_WORD = /^(cd|export|set|unset|exec|exit|eval|source|\.|:|!|\[|test|trap|wait|ulimit|umask)(\s|$)/

/**
 * The command with `exec` before its last part, where that is one program: the shell gives it its place then, and a SIGTERM
 * reaches the app, which can finish what it is answering. dash would stay in between and die alone. Anything else stays as it is.
 */
export function execLine(command: string): string {
  const text = command.trim()
  const outer = text.replace(INNER, (inner) => '_'.repeat(inner.length))
  const at = /^.*(?:&&|;)\s*/.exec(outer)?.[0].length ?? 0
  const last = text.slice(at)
  if (last === '' || MORE.test(outer) || OWN_WORD.test(last)) return command
  return `${text.slice(0, at)}exec ${/^\w+=/.test(last) ? 'env ' : ''}${last}`
}
