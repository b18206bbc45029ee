import { type CodeFile, imports } from './code.ts'
import { moduleOf } from './module.ts'
import type { Packages } from './packages.ts'
import { type Start, serveWsgi } from './start.ts'

/** A framework whose app is a file that is run. */
type FileServer = {
  title: string
  /** What the file imports. */
  package?: string
  /** How the file serves. */
  serves: RegExp
  run?: (file: string) => string
  /** Its port and address where the file names none. */
  port?: number
  healthPath?: string
  environment?: Record<string, string>
}

const SERVERS: FileServer[] = [
  {
    title: 'Streamlit',
    package: 'streamlit',
    serves: /\b(st|streamlit)\.\w/,
    run: (file) => `streamlit run ${file} --server.port $PORT --server.address 0.0.0.0 --server.headless true`,
    healthPath: '/_stcore/health',
  },
  { title: 'Gradio', package: 'gradio', serves: /\.launch\(/ },
  { title: 'Dash', package: 'dash', serves: /\bDash\(/ },
  { title: 'NiceGUI', package: 'nicegui', serves: /\bui\.run\(/, port: 8080 },
  { title: 'aiohttp', package: 'aiohttp', serves: /\brun_app\(/, port: 8080 },
  { title: 'Tornado', package: 'tornado', serves: /\.listen\(/ },
  { title: 'Bottle', package: 'bottle', serves: /^[ \t]*(?:bottle\.)?run\(/m, port: 8080 },
]
const PLAIN: FileServer = {
  title: 'Python',
  serves:
    /\bHTTPServer\(|\bTCPServer\(|\bmake_server\(|\bserve_forever\(|\bstart_server\(|\buvicorn\.run\(|\bwaitress\b|\bweb\.run_app\(|\bquickstart\(/,
}

export type FoundFile = { file: string; start: Start }

/** Files that serve by a framework of their own, one of each framework: the likeliest. */
export const findFileApps = (
  code: readonly CodeFile[],
  packages: Packages,
  modules: ReadonlySet<string>,
): FoundFile[] => SERVERS.flatMap((server) => findServer(server, code, packages, modules) ?? [])

/** A file at the top that serves with nothing but what it says. */
export const findPlainFile = (code: readonly CodeFile[], packages: Packages, modules: ReadonlySet<string>) =>
  findServer(
    PLAIN,
    code.filter(({ file }) => !file.includes('/')),
    packages,
    modules,
  )

function findServer(
  server: FileServer,
  code: readonly CodeFile[],
  packages: Packages,
  modules: ReadonlySet<string>,
): FoundFile | undefined {
  const found = code.find(
    (it) =>
      (server.package === undefined || imports(it, server.package)) && server.serves.test(it.text) && !isPage(it.file),
  )
  const written = found && writtenFor(found.file)
  if (!found || written === undefined) return undefined
  const flask = server.title === 'Dash' ? /^(\w+)[ \t]*=[ \t]*\w+\.server\b/m.exec(found.text)?.[1] : undefined
  const module = flask === undefined ? undefined : moduleOf(found, modules)
  if (flask !== undefined && module)
    return {
      file: found.file,
      start: {
        framework: 'Dash',
        ...serveWsgi({ module: module.name, root: module.root, name: flask }, packages),
        notes: [],
      },
    }
  const port = server.run ? undefined : (portIn(found.text) ?? (readsPort(found.text) ? undefined : server.port))
  return {
    file: found.file,
    start: {
      framework: server.title,
      command: server.run?.(written) ?? `python ${written}`,
      ...(port !== undefined && { port }),
      ...(server.healthPath !== undefined && { healthPath: server.healthPath }),
      notes: server.run ? [] : notesOf(found, port),
    },
  }
}

/** Pages of a Streamlit app are no apps. */
const isPage = (file: string) => /(^|\/)pages\//.test(file)

/** The name as a shell takes it; undefined for one that no file of an app has. Streamlit's pages have pictures in theirs. */
function writtenFor(file: string): string | undefined {
  if (/^[\w./-]+$/.test(file)) return file
  return /^(?:[\p{L}\p{N}\p{Extended_Pictographic} _./()-]|\p{M}|\u200d)+$/u.test(file) ? `'${file}'` : undefined
}

const readsPort = (text: string) => /(?:environ|getenv|env|config)[^\n]{0,40}['"]\w*PORT['"]/i.test(text)

/** The port that the file itself says, where it does not read it from a variable. */
function portIn(text: string): number | undefined {
  if (readsPort(text)) return undefined
  const said =
    /\b\w{0,20}port\s{0,5}(?::\s{0,5}int\s{0,5})?=\s{0,5}(\d{2,5})\b/i.exec(text) ??
    /\(\s{0,9}\(?\s{0,9}['"][\w.:]{0,40}['"]\s{0,9},\s{0,9}(\d{2,5})\b/.exec(text) ??
    /\.listen\(\s{0,9}(\d{2,5})\b/.exec(text)
  const port = Number(said?.[1])
  return port > 0 && port < 65536 ? port : undefined
}

function notesOf({ file, text }: CodeFile, port: number | undefined): string[] {
  const isLocal = /['"](127\.0\.0\.1|localhost)['"]/.test(text) && !text.includes('0.0.0.0')
  return [
    port === undefined ? '' : `${file} listens on port ${port} and does not read PORT: the app is asked there.`,
    isLocal
      ? `${file} names 127.0.0.1 or localhost: nothing outside of the container reaches that. Let it listen on 0.0.0.0.`
      : '',
  ].filter((it) => it !== '')
}
