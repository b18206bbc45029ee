import { AppError } from '../../../server/errors.ts'
import type { App, Framework } from '../app.ts'
import type { Start } from './start-script.ts'

/** Knows one framework, or a few that are alike: answers how the app is built and run when it is one of them. */
export type Family = (app: App, start: Start) => Promise<Framework | undefined>

/**
 * How the server that a build made is started: by `command`, unless the app has a start of its own that is more than the
 * framework's (`usual`), such as a server around it. Then the app's is run.
 */
export function startedBy(command: string, start: Start, usual: RegExp): Pick<Framework, 'start' | 'notes'> {
  if (start.kind === 'server' && (start.own || !usual.test(start.command))) return {}
  if (start.kind === 'development' || start.kind === 'files')
    return {
      start: command,
      notes: [`The start script (${start.command}) is a server for developing: ${command} runs instead.`],
    }
  return { start: command }
}

/** An app that was made for another host and has nothing that a machine can run. */
export function madeForAnother(framework: string, adapter: string, remedy: string): AppError {
  return new AppError(
    'no_start_command',
    `This ${framework} app is built for another host, with ${adapter}, which leaves nothing that can be started here. ${remedy}`,
  )
}
