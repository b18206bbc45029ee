import type { Source } from '../../server/templates/source.ts'
import type { Project } from './deno-json.ts'

export type Start = { command: string; entry?: string; notes: string[] }

const ENDINGS = ['ts', 'tsx', 'js', 'mjs', 'jsx']
const PERMISSIONS = '--allow-net --allow-env --allow-read'
const LISTENS = /\bDeno\.serve\b|\bDeno\.listen\b|\bserve\(|\.listen\(/
const EXPORTS_FETCH = /\bexport\s+default\s*\{[^}]{0,2000}\bfetch\b/

/** What Deno starts: the start task, or a file that is named like a program or serves. Undefined when neither is there. */
export async function findStart(source: Source, project: Project): Promise<Start | undefined> {
  return startTask(project) ?? (await startFile(source, project))
}

/** Where the start task watches for changes, the one that shows what was built is meant: Fresh 1 calls it preview. */
function startTask({ tasks }: Project): Start | undefined {
  const { start, preview } = tasks
  if (start === undefined) return undefined
  const watches = /\s--watch/.test(start)
  if (watches && preview !== undefined && !preview.includes('vite'))
    return { command: 'deno task preview', notes: ['The task start watches for changes: preview is started.'] }
  const notes = watches ? ['The task start watches for changes, which costs memory: leave out --watch.'] : []
  return { command: 'deno task start', notes }
}

async function startFile(source: Source, { file, isUsed, hasPackageJson }: Project): Promise<Start | undefined> {
  const isDeno = file !== undefined && (isUsed || !hasPackageJson)
  for (const [entry, isProgram] of entries(isDeno)) {
    const text = await source.text(entry)
    if (text === undefined) continue
    const serves = LISTENS.test(text)
    if (!serves && EXPORTS_FETCH.test(text) && isDeno) return served(entry)
    if (isDeno ? serves || isProgram : /\bDeno\.serve\b/.test(text)) return run(entry)
  }
  return undefined
}

/** Usual names, and whether the name alone says that it is a program. Without deno.json only the first few are looked at. */
function entries(isDeno: boolean): [string, boolean][] {
  const names = isDeno ? ['main', 'server', 'app', 'index', 'mod'] : ['main', 'server']
  return names.flatMap((name) =>
    ['', 'src/'].flatMap((folder) =>
      ENDINGS.map((ending): [string, boolean] => [`${folder}${name}.${ending}`, name === 'main' || name === 'server']),
    ),
  )
}

const note = (entry: string) =>
  `There is no start task: ${entry} is started, and may use the network, read files and variables. A start task in deno.json can say more.`

const run = (entry: string): Start => ({ command: `deno run ${PERMISSIONS} ${entry}`, entry, notes: [note(entry)] })
const served = (entry: string): Start => ({
  command: `deno serve ${PERMISSIONS} --host 0.0.0.0 --port $PORT ${entry}`,
  entry,
  notes: [note(entry)],
})
