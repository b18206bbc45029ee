import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from 'nunjucks'
import type { Template } from './catalog.ts'

let environment: Promise<Environment> | undefined

/** Loaded at the first render: a server that only serves does without nunjucks. `x | json` writes a JSON string. */
async function loadEnvironment(): Promise<Environment> {
  const { default: nunjucks } = await import('nunjucks')
  const made = new nunjucks.Environment(null, {
    autoescape: false,
    throwOnUndefined: false,
    trimBlocks: true,
    lstripBlocks: true,
  })
  return made.addFilter('json', (value: unknown) => JSON.stringify(value))
}

/** Renders a text of a template. */
export async function renderText(text: string, values: object): Promise<string> {
  environment ??= loadEnvironment()
  return (await environment).renderString(text, values)
}

/** Renders the template's Dockerfile. */
export async function renderDockerfile(template: Template, values: object): Promise<string> {
  return renderText(await readFile(path.join(template.folder, 'Dockerfile.njk'), 'utf8'), values)
}
