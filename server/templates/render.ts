import path from 'node:path'
import type { Environment } from 'nunjucks'
import type { Template } from './catalog.ts'
import { execLine } from './exec-line.ts'

const environments = new Map<string, Promise<Environment>>()

/**
 * Loaded at the first render: a server that only serves does without nunjucks. `x | json` writes a JSON string, `x | cmd`
 * the arguments of CMD for a start command.
 * Templates can include each other's files: `{% include "node/assets.njk" %}`.
 */
async function loadEnvironment(folder: string): Promise<Environment> {
  const { default: nunjucks } = await import('nunjucks')
  const made = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
    autoescape: false,
    throwOnUndefined: false,
    trimBlocks: true,
    lstripBlocks: true,
  })
  return made
    .addFilter('json', (value: unknown) => JSON.stringify(value))
    .addFilter('cmd', (command: string) => `["/bin/sh", "-c", ${JSON.stringify(execLine(command))}]`)
}

/** Renders the template's Dockerfile. */
export async function renderDockerfile(template: Template, values: object): Promise<string> {
  const folder = path.dirname(template.folder)
  const loading = environments.get(folder) ?? loadEnvironment(folder)
  environments.set(folder, loading)
  return (await loading).render(`${template.name}/Dockerfile.njk`, values)
}
