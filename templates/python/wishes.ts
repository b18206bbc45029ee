import { readProcfile } from '../../server/templates/procfile.ts'
import type { Settings } from '../../server/templates/settings.ts'
import type { Source } from '../../server/templates/source.ts'

/** What somebody has said about running the app, before anything is looked for. */
export type Wishes = { start?: string; release?: string }

/** The user's commands, before those of the Procfile. */
export async function readWishes(source: Source, settings: Settings): Promise<Wishes> {
  const { web, release } = await readProcfile(source)
  const start = settings.startCommand ?? web
  const before = settings.releaseCommand ?? release
  return {
    ...(start !== undefined && { start: withoutRunner(start) }),
    ...(before !== undefined && { release: withoutRunner(before) }),
  }
}

const RUNNER = /(^|&&|;|\bexec)(\s*)(?:uv|poetry|pdm|pipenv|hatch) run (?:--\S+ )*(\S+\.py\b)?/g

/** The managers run what they are given in the virtual environment, which is on the image's path; they are not there. */
const withoutRunner = (command: string) =>
  command.replace(RUNNER, (_all, before: string, space: string, script?: string) =>
    [before, space, script === undefined ? '' : `python ${script}`].join(''),
  )

const PYTHON =
  /\b(python[\d.]*|gunicorn|uvicorn|hypercorn|daphne|granian|waitress-serve|uwsgi|flask|fastapi|streamlit|sanic|litestar|chainlit|panel)\b|\.py\b/
const OTHER =
  /^\s*(npm|npx|node|yarn|pnpm|bunx?|deno|ruby|bundle|rails|rackup|puma|php|java|go|cargo|dotnet|mix|nginx|caddy)\b/

/** Whose command it is by its words; undefined where they could be anybody's, as those of a shell script. */
export function speaksPython(command: string): boolean | undefined {
  if (PYTHON.test(command)) return true
  return OTHER.test(command) ? false : undefined
}
