import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** template.json; templates/template.schema.json says the same and is what a test holds every template to. */
type Description = {
  title: string
  description: string
  /** Asked in this order; the first that fits is taken. */
  order: number
  /** Fits when one of these files is there. */
  detect: string[]
  /** JSON files of the repository, by the name the templates know them by. */
  read?: Record<string, string>
  /** Nunjucks, over the file list, the parsed `read` files and the overrides. */
  variables?: Record<string, string>
  /** Variables that must not be empty, with the error when they are. */
  require?: { variable: string; code: 'no_start_command'; message: string }[]
  /** Where the app listens; left out where the image's EXPOSE says it. */
  port?: number
  healthPath?: string
  /** Files of the template that are put beside the sources. */
  files?: string[]
}

export type Template = Description & {
  name: string
  folder: string
  /** False for the template that uses the repository's own Dockerfile. */
  hasDockerfile: boolean
}

export type Catalog = readonly Template[]

/** Loads every folder of `root` that has a template.json. */
export async function loadCatalog(root: string): Promise<Catalog> {
  const names = (await readdir(root)).filter((name) => existsSync(path.join(root, name, 'template.json')))
  const templates = await Promise.all(names.map((name) => loadTemplate(root, name)))
  return templates.sort((a, b) => a.order - b.order)
}

async function loadTemplate(root: string, name: string): Promise<Template> {
  const folder = path.join(root, name)
  const description: Description = JSON.parse(await readFile(path.join(folder, 'template.json'), 'utf8'))
  return { ...description, name, folder, hasDockerfile: existsSync(path.join(folder, 'Dockerfile.njk')) }
}
