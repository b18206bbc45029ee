import { AppError } from '../../server/errors.ts'
import type { Program } from './find-programs.ts'

/** What is built, where it is written, and how it is started. All three go into commands as they are. */
export type Choice = { folder: string; output: string; start: string; notes: string[] }

/**
 * One of the programs, by the start command where there is one: `bin/api`, `./api` or `go run ./cmd/api`.
 * @throws several_apps, no_start_command
 */
export function chooseProgram(programs: Program[], moduleName: string, startCommand: string | undefined): Choice {
  const [first = '', ...rest] = (startCommand ?? '').split(/\s+/)
  if (first === 'go' && rest[0] === 'run') return choiceByRun(programs, moduleName, startCommand ?? '')
  const named = programs.find((it) => nameOf(it, moduleName) === first.split('/').at(-1))
  const program = named ?? onlyOne(programs, moduleName)
  const output = outputIn(first) ?? `bin/${nameOf(program, moduleName)}`
  return { folder: program.folder, output, start: startCommand ?? `./${output}`, notes: [] }
}

/** A program is named after its folder, as `go build` does it. */
const nameOf = ({ folder }: Program, moduleName: string) => {
  const name = folder.split('/').at(-1)
  return name === '' || name === 'cmd' || name === undefined ? moduleName : name
}

/** Where the start command looks for the program, when that is below the app's folder. */
const outputIn = (word: string) =>
  /^(?:\.\/)?((?:[\w-][\w.-]*\/)*[\w-][\w.-]*)$/.exec(word.includes('/') ? word : '')?.[1]

/** `go run [flags] ./cmd/api [arguments]`: the final image has no go, and needs none. */
function choiceByRun(programs: Program[], moduleName: string, startCommand: string): Choice {
  const [, target = '.', rest = ''] =
    /^go run (?:-\S+\s+)*(\S+)((?:\s.*)?)$/.exec(startCommand.replace(/\s+/g, ' ')) ?? []
  const folder = target
    .replace(/^\.\/?/, '')
    .replace(/(^|\/)[^/]*\.go$/, '')
    .replace(/\/$/, '')
  const program = programs.find((it) => it.folder === folder) ?? onlyOne(programs, moduleName)
  const output = `bin/${nameOf(program, moduleName)}`
  const start = `./${output}${rest.replace(/^( \S+\.go)+(?= |$)/, '')}`
  const notes = [`“${startCommand}” would compile at every start: the program is built once and started as ${start}.`]
  return { folder: program.folder, output, start, notes }
}

function onlyOne(programs: Program[], moduleName: string): Program {
  const [program, ...others] = programs
  if (!program)
    throw new AppError(
      'no_start_command',
      'This Go module is a library: no folder has a “package main” with a “func main()”. Add one at the top or in cmd/, or name the folder the app is in.',
    )
  if (others.length === 0) return program
  const names = programs.map((it) => it.folder).join(', ')
  const example = nameOf(program, moduleName)
  throw new AppError(
    'several_apps',
    `This Go module has several programs: ${names}. Say which to run: set the start command, for example to bin/${example}, or add a Procfile with “web: bin/${example}”.`,
    { field: 'overrides.startCommand' },
  )
}
