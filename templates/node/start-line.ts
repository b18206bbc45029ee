import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { App, Framework } from './app.ts'
import { entryLine, isCompiledTo } from './entry-file.ts'
import type { NodeVersion } from './node-version.ts'
import { withoutManager } from './start.ts'

export type Start = {
  /** As people write it. */
  line: string
  /** The same without a package manager around it, where that can be. */
  program: string
  /** What it runs is compiled by tsc, which no script does. */
  compiles: boolean
  /** It is a file that nothing but its name says to start. */
  isGuessed: boolean
}

/**
 * What starts the app: what the user or the Procfile says, what its framework needs, the start script, its main file.
 * @throws no_start_command
 */
export async function chooseStart(app: App, framework: Framework, node: NodeVersion): Promise<Start> {
  const said = app.settings.startCommand ?? (await readProcfile(app.source)).web
  const script = ['start', 'start:prod', 'start:production'].find((name) => app.scripts[name])
  const line = said ?? framework.start ?? (script === undefined ? undefined : app.run(script))
  if (line === undefined) return fromFile(app, node)
  const program = withoutManager(line, app.scripts)
  const file = /(?:^|\s)(?:node|nodejs)\s+(?:-\S+\s+)*(?:\.\/)?([\w@./-]+?)(?:\.js)?(?:\s|$)/.exec(program)?.[1]
  const isThere = ['', '.js', '.mjs', '.cjs', '/index.js'].some((ending) => app.source.has(`${file}${ending}`))
  return {
    line,
    program,
    compiles: file !== undefined && !isThere && (await isCompiledTo(app, `${file}.js`)),
    isGuessed: false,
  }
}

async function fromFile(app: App, node: NodeVersion): Promise<Start> {
  // a worker of Cloudflare's has a main file that only their machines run
  const entry = app.dependencies.wrangler === undefined ? await entryLine(app, node) : undefined
  if (entry) return { line: entry.line, program: entry.line, compiles: entry.compiles ?? false, isGuessed: true }
  throw new AppError(
    'no_start_command',
    'package.json has no start script, and there is no server.js or index.js. Add a start script, or give a start command.',
    { field: 'overrides.startCommand' },
  )
}
