import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { type Choice, chooseProgram } from './choose-program.ts'
import { findFixedPort } from './find-port.ts'
import { findPrograms } from './find-programs.ts'
import { readModule } from './go-mod.ts'

/** timetzdata puts the time zones into the program: the final image need not have them. */
const FLAGS = '-tags timetzdata -trimpath -ldflags="-s -w"'
/** PocketBase listens on 127.0.0.1:8090 unless told otherwise (pocketbase.io/docs/going-to-production). */
const POCKETBASE = { healthPath: '/api/health', arguments: ' serve --http=0.0.0.0:$PORT' }

/** A Go module or workspace with a program to run. */
export const plan: PlanFunction = async ({ source, settings }) => {
  if (!source.has('go.mod') && !source.has('go.work'))
    throw new AppError(
      'no_start_command',
      'There is a main.go without go.mod. Run “go mod init app” and commit go.mod.',
    )
  const { name, framework, cgo, tag, notes } = await readModule(source)
  const programs = await findPrograms(source)
  const procfile = await readProcfile(source)
  const wanted = settings.startCommand ?? procfile.web
  const own = settings.buildCommand === undefined ? undefined : builtBy(settings.buildCommand, wanted)
  const choice = own ?? chooseProgram(programs, name, wanted)
  const special = framework === 'Go (PocketBase)' && wanted === undefined ? POCKETBASE : undefined
  const port = findFixedPort(programs.find((it) => it.folder === choice.folder)?.text ?? '')
  return {
    framework,
    kind: 'server',
    commands: {
      ...(settings.installCommand !== undefined && { install: settings.installCommand }),
      build: settings.buildCommand ?? `go build ${FLAGS} -o ${choice.output} ./${choice.folder}`.replace(/\/$/, ''),
      start: `${choice.start}${special?.arguments ?? ''}`,
    },
    values: { tag, cgo: cgo !== undefined, gin: framework === 'Go (Gin)' },
    ...(special && { healthPath: special.healthPath }),
    ...(port !== undefined && { port }),
    notes: [
      ...notes,
      ...choice.notes,
      ...(cgo === undefined ? [] : [`${cgo} is written in C in part: the program is built with cgo.`]),
      ...(port === undefined ? [] : [`The program listens on port ${port}, which is written in it: PORT is not read.`]),
    ],
  }
}

/** What a build command of the user's makes: what is to be started, or else what it writes. */
function builtBy(command: string, start: string | undefined): Choice {
  const output = /\s-o[ =](?:\.\/)?([\w-][\w./-]*)/.exec(command)?.[1]
  if (start === undefined && output === undefined)
    throw new AppError('no_start_command', `Give a start command, too: what does “${command}” build?`, {
      field: 'overrides.startCommand',
    })
  return { folder: '', output: output ?? '', start: start ?? `./${output}`, notes: [] }
}
