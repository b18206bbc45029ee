import type { Source } from './source.ts'

/**
 * The process types of a Procfile: `web` starts the app, `release` runs before each release. Empty when there is none.
 * The format is Heroku's: a line is `<type>: <command>` (devcenter.heroku.com/articles/procfile).
 */
export async function readProcfile(source: Source): Promise<Record<string, string>> {
  const text = (await source.text('Procfile')) ?? ''
  const lines = [...text.matchAll(/^([A-Za-z0-9_-]+):[ \t]*(\S.*?)[ \t\r]*$/gm)]
  return Object.fromEntries(lines.map(([, type = '', command = '']) => [type, command]))
}
