import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'
import type { App } from './app.ts'
import type { NodeVersion } from './node-version.ts'

export type Entry = {
  line: string
  /** Must be compiled with tsc before. */
  compiles?: boolean
}

const NAMES = ['server', 'index', 'app', 'main']
const FOLDERS = ['', 'src/']
const WRITTEN = ['js', 'mjs', 'cjs']
const TYPED = ['ts', 'mts', 'cts']
/** From here on Node leaves out types by itself (nodejs.org/api/typescript.html). */
const FIRST_WITH_TYPES = 22

/** The line that runs the app's main file, by package.json or by a usual name; undefined when there is none. */
export async function entryLine(app: App, node: NodeVersion): Promise<Entry | undefined> {
  const { source, packageJson } = app
  const main = typeof packageJson.main === 'string' ? packageJson.main.replace(/^\.\//, '') : undefined
  if (main !== undefined && source.has(main)) return run(app, main, node)
  if (main !== undefined && /^[\w@./-]+\.[cm]?js$/.test(main)) {
    if (app.scripts.build !== undefined) return { line: `node ${main}` }
    if (await isCompiledTo(app, main)) return { line: `node ${main}`, compiles: true }
  }
  const file = usualNames([...WRITTEN, ...TYPED]).find((it) => source.has(it))
  return file === undefined ? undefined : run(app, file, node)
}

/** Folder by folder, JavaScript before TypeScript. */
const usualNames = (endings: string[]) =>
  FOLDERS.flatMap((folder) => endings.flatMap((ending) => NAMES.map((name) => `${folder}${name}.${ending}`)))

function run({ dependencies }: App, file: string, node: NodeVersion): Entry | undefined {
  if (!/^[\w@./-]+$/.test(file) || file.endsWith('.json')) return undefined
  if (!TYPED.some((it) => file.endsWith(`.${it}`))) return { line: `node ${file}` }
  if (dependencies.tsx !== undefined) return { line: `tsx ${file}` }
  if (dependencies['ts-node'] !== undefined) return { line: `ts-node ${file}` }
  if (node.major >= FIRST_WITH_TYPES) return { line: `node ${file}` }
  throw new AppError(
    'no_start_command',
    `${file} is TypeScript, which Node ${node.tag} does not run. Ask for Node 24 in package.json (engines), or add tsx to the dependencies.`,
    { field: 'overrides.startCommand' },
  )
}

/** Whether a start line runs what only tsc makes: TypeScript is there, and its output goes to that file's folder. */
export async function isCompiledTo({ source, dependencies, scripts }: App, file: string): Promise<boolean> {
  if (dependencies.typescript === undefined || scripts.build !== undefined || source.has(file)) return false
  const outDir = await outDirOf(source)
  return outDir !== undefined && (outDir === '' || file.startsWith(`${outDir}/`))
}

async function outDirOf(source: Source): Promise<string | undefined> {
  const { compilerOptions } = (await source.json<{ compilerOptions?: { outDir?: unknown } }>('tsconfig.json')) ?? {}
  const outDir = compilerOptions?.outDir
  return typeof outDir === 'string' ? outDir.replace(/^\.\/?/, '').replace(/\/+$/, '') : undefined
}
