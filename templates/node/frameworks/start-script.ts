import { readProcfile } from '../../../server/templates/procfile.ts'
import type { App } from '../app.ts'
import { DEVELOPMENT, FILES } from './start-words.ts'

/** What the app says about its start. */
export type Start =
  | { kind: 'none' }
  /** A program that is meant to run. `own`: by a start command or a Procfile, which nothing replaces. `script`: by another name. */
  | { kind: 'server'; command: string; own: boolean; script?: string }
  /** A server for developing. It compiles while it runs, listens to one machine, and its package is gone in production. */
  | { kind: 'development'; command: string }
  /** A program that only hands out files: nginx does that better. */
  | { kind: 'files'; command: string; folder: string | undefined; spa: boolean }

/** What starts the app: a start command, the Procfile, the script `start`, one for production, in this order. */
export async function readStart({ settings, source, scripts }: App): Promise<Start> {
  const own = settings.startCommand ?? (await readProcfile(source)).web
  if (own !== undefined) return { ...kindOf(programOf(own, scripts)), kind: 'server', command: own, own: true }
  const start: Start =
    scripts.start === undefined ? { kind: 'none' } : kindOf(programOf(scripts.start, scripts), scripts)
  return start.kind === 'server' ? start : (forProduction(scripts) ?? start)
}

/** Many keep `start` for themselves and have another script for the server. */
function forProduction(scripts: Record<string, string>): Start | undefined {
  const script = ['start:prod', 'start:production', 'production', 'prod'].find((it) => scripts[it] !== undefined)
  const start = script === undefined ? undefined : kindOf(programOf(scripts[script] ?? '', scripts))
  return start?.kind === 'server' && script !== undefined ? { ...start, script } : undefined
}

function kindOf(command: string, scripts: Record<string, string> = {}): Exclude<Start, { kind: 'none' }> {
  if (DEVELOPMENT.test(command) || sideBySide(command, scripts).some((it) => DEVELOPMENT.test(it)))
    return { kind: 'development', command }
  if (!FILES.test(command)) return { kind: 'server', command, own: false }
  const words = command.split(/\s+/).slice(1)
  return {
    kind: 'files',
    command,
    folder: words.find((it, at) => isFolder(it) && !/^-+(l|p|listen|port|c|config|host|a)$/.test(words[at - 1] ?? '')),
    spa: words.some((it) => /^(-s|--single|--spa|-sp?l)$/.test(it)),
  }
}

/** What `concurrently "npm run server" npm:client` and its like start at once. */
function sideBySide(command: string, scripts: Record<string, string>): string[] {
  if (!/^(concurrently|run-p|npm-run-all)\b/.test(command)) return []
  const parts = [...command.matchAll(/"([^"]+)"|'([^']+)'|(\S+)/g)].map(([, a, b, word]) => a ?? b ?? word ?? '')
  return parts.slice(1).map((it) => programOf(scripts[it.replace(/^npm:/, '')] ?? it, scripts))
}

const isFolder = (word: string) =>
  /^[\w@./-]+$/.test(word) &&
  !word.startsWith('-') &&
  !/^\d+$/.test(word) &&
  !/^(preview|serve|http\.server|start)$/.test(word)

/** No line that a person wrote is longer. */
const MUCH = 2000

/** The program that a line starts at its end, through the scripts it calls, without what prepares its environment. */
export function programOf(line: string, scripts: Record<string, string>, depth = 0): string {
  const last = line.slice(-MUCH).split(/&&|;/).at(-1) ?? ''
  const program = last
    .trim()
    .replace(/^(cross-env(-shell)?|env)\s+/, '')
    .replace(/^([A-Za-z_]\w*=("[^"]*"|'[^']*'|\S*)\s+)+/, '')
    .replace(/^(dotenv|env-cmd|dotenvx run)(\s+-\S+(\s+[^\s-]\S*)?)*?\s+--\s+/, '')
    .replace(/^(npx|bunx|pnpm dlx|pnpm exec|pnpx|yarn dlx|yarn exec|npm exec)\s+((-y|--yes|--bun|--)\s+)*/, '')
    .replace(/^(\.\/)?node_modules\/\.bin\//, '')
    .replace(/^(\S+?[^/@])@[\w.^~-]+(?=\s|$)/, '$1')
  const called = /^(?:npm|pnpm|yarn|bun)(?: run(?:-script)?)?\s+(?:-\S+\s+)*([\w:.-]+)/.exec(program)?.[1]
  const script = called !== undefined ? scripts[called] : undefined
  if (script !== undefined && depth < 5) return programOf(script, scripts, depth + 1)
  return /^(yarn|pnpm|bun)\s+[\w@]/.test(program) ? program.replace(/^(yarn|pnpm|bun)\s+(run\s+)?/, '') : program
}

/** A port that a line fixes: `next start -p 4000`, `PORT=4000 node server.js`. */
export function portIn(line: string): number | undefined {
  const found =
    /(?:^|\s)(?:-p|-l|--port|--listen)[= ](?:tcp:\/\/[\w.]+:)?(\d{2,5})\b/.exec(line) ?? /\bPORT=(\d{2,5})\b/.exec(line)
  const port = Number(found?.[1])
  return port > 0 && port < 65536 ? port : undefined
}
