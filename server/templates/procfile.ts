import type { Source } from './source.ts'

/** No Procfile that a person wrote is longer. */
const MUCH = 20_000

/**
 * The process types of a Procfile: `web` starts the app, `release` runs before each release. Empty when there is none.
 * The format is Heroku's: a line is `<type>: <command>` (devcenter.heroku.com/articles/procfile).
 */
export async function readProcfile(source: Source): Promise<Record<string, string>> {
  const text = (await source.text('Procfile')) ?? ''
  const lines = text
    .slice(0, MUCH)
    .split('\n')
    .map((line) => /^([A-Za-z0-9_-]+):(.*)/s.exec(line) ?? [])
  const types = lines.map(([, type = '', command = '']) => [type, command.trim()])
  return Object.fromEntries(types.filter(([, command]) => command !== ''))
}
