import { CommanderError } from 'commander'
import { asFailure, EXIT, type Failure } from './failure.ts'
import { createProgram } from './program.ts'
import { red, renderJson } from './render.ts'
import { createTerminal } from './terminal.ts'
import { readUsageError } from './usage-error.ts'

/** Who reads stdout may have had enough (`slipway list | head -1`), which is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.good)
})

const terminal = createTerminal(process)
try {
  await createProgram({ env: process.env, terminal }).parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) report(asFailure(error))
  else if (error.exitCode === 0) process.exitCode = EXIT.good
  else if (error.code === 'commander.help') process.exitCode = EXIT.wrongUsage
  else report(readUsageError(error.message))
}

/** On one line: the answer before it may be a line of JSON for each line of a log. */
function report(failure: Failure): void {
  process.exitCode = failure.exit
  if (wantsJson()) terminal.print(renderJson(failure))
  else terminal.note([`${red('error:')} ${failure.message}`, ...(failure.hint ? [failure.hint] : [])].join('\n'))
}

/** Also where the line cannot be understood. What follows `--` is no option. */
function wantsJson(): boolean {
  const typed = process.argv.slice(2)
  const end = typed.indexOf('--')
  return typed.slice(0, end < 0 ? typed.length : end).includes('--json')
}
