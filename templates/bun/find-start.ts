import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import { readManifest } from './manifest.ts'
import { fileRunBy, isRunByBun } from './read-script.ts'

export type Start = { command: string; notes: string[] }

const FOLDERS = ['', 'src/']
const NAMES = ['index', 'server', 'main', 'app']
/** A module whose default export has a fetch function is served by Bun (bun.com/docs/api/http#export-default-syntax). */
const SERVES = /\bBun\.serve\s*\(|export\s+default\s*\{[^}]{0,2000}\bfetch\b|from\s+['"]elysia['"]/

/**
 * How Bun starts the app: by what the user says, by the start script, by the file that the dev script runs, or by a file
 * that serves with Bun. Undefined when something else starts it.
 */
export async function findStart(source: Source, startCommand: string | undefined): Promise<Start | undefined> {
  const said = startCommand ?? (await readProcfile(source)).web
  const { scripts, dependencies, main, isThere } = await readManifest(source)
  if (said !== undefined) return isRunByBun(said, scripts) ? { command: said, notes: [] } : undefined
  if (scripts.start !== undefined) return startOf(scripts.start, scripts, source)
  const file =
    fileRunBy(scripts.dev, scripts) ?? (isThere || !isDeno(source) ? await findServer(source, main) : undefined)
  if (file === undefined || !source.has(file) || 'wrangler' in dependencies) return undefined
  return { command: `bun ${file}`, notes: [`There is no start script: ${file} is started with Bun.`] }
}

const isDeno = (source: Source) => ['deno.json', 'deno.jsonc', 'deno.lock'].some((it) => source.has(it))

/** A file that is run by name is run without a second Bun around it, and without watching for changes. */
function startOf(script: string, scripts: Record<string, string>, source: Source): Start | undefined {
  if (!isRunByBun(script, scripts)) return undefined
  const file = fileRunBy(script, scripts)
  return { command: file !== undefined && source.has(file) ? `bun ${file}` : 'bun run start', notes: [] }
}

async function findServer(source: Source, main: string | undefined): Promise<string | undefined> {
  const usual = FOLDERS.flatMap((folder) => NAMES.flatMap((name) => [`${folder}${name}.ts`, `${folder}${name}.tsx`]))
  for (const file of [...(main === undefined ? [] : [main]), ...usual])
    if (SERVES.test((await source.text(file)) ?? '')) return file
  return undefined
}
