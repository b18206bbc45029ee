import { type Failure, wrongUsage } from './failure.ts'

/**
 * What commander says of a line that it does not understand, such as “error: unknown command 'lst'” and on the next line
 * “(Did you mean list?)”. What was typed may hold a token or a password, and CI keeps what is printed: arguments that are
 * too many, and values behind the = of an option, are not repeated.
 */
export function readUsageError(said: string): Failure {
  const [first = '', ...rest] = said
    .replace(/^error: /, '')
    .replace(/^(too many arguments .*? but got \d+):.*$/s, '$1')
    .replace(/^unknown option '(-[^'=]*)=.*$/s, "there is no option '$1' that takes a value")
    .split('\n')
  const sentence = `${first[0]?.toUpperCase() ?? ''}${first.slice(1)}`.replace(/(?<!\.)$/, '.')
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1')
  return wrongUsage(sentence, [suggestion, 'See slipway --help.'].filter((it) => it !== '').join(' '))
}
