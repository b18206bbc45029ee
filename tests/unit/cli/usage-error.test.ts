import { CommanderError } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../../cli/program.ts'
import { createTerminal } from '../../../cli/terminal.ts'
import { readUsageError } from '../../../cli/usage-error.ts'

/** What is said of a line that cannot be understood; nothing is asked or printed on the way. */
async function saidOf(...typed: string[]): Promise<string> {
  const program = createProgram({ env: {}, terminal: createTerminal(process) })
  const error = await program.parseAsync(typed, { from: 'user' }).catch((it) => it)
  expect(error).toBeInstanceOf(CommanderError)
  const { message, hint, exit } = readUsageError(error.message)
  expect(exit).toBe(2)
  return `${message} ${hint}`
}

const SECRET = 'slipway_abcdefghijklmnopqrstuvwxyz'

test.each<[string[], string]>([
  [['lst'], "Unknown command 'lst'. Did you mean list? See slipway --help."],
  [['deploy'], "Missing required argument 'repo'. See slipway --help."],
  [
    ['deploy', 'a/b', '--subdomian', 'x'],
    "Unknown option '--subdomian'. Did you mean --subdomain? See slipway --help.",
  ],
  [
    ['rollback', 'shop', '--release', 'x'],
    "Option '--release <number>' argument 'x' is invalid. A release is a number, such as 3. See slipway --help.",
  ],
  [
    ['login', 'x.org', '--token', SECRET],
    "Too many arguments for 'login'. Expected 1 argument but got 2. See slipway --help.",
  ],
  [['login', 'x.org', `--token=${SECRET}`], "There is no option '--token' that takes a value. See slipway --help."],
  [
    ['deploy', 'a/b', `--secrt=A=${SECRET}\n(x'`],
    "There is no option '--secrt' that takes a value. See slipway --help.",
  ],
])('%j is told in a sentence, without what may be a secret', async (typed, said) => {
  expect(await saidOf(...typed)).toBe(said)
})
