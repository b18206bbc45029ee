import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Value } from 'typebox/value'

const Requirement = Type.Object(
  { variable: Type.String(), code: Type.Literal('no_start_command'), message: Type.String() },
  { additionalProperties: false },
)

/** template.json. Texts in `variables` are nunjucks, over the file list, the parsed `read` files and the overrides. */
const Description = Type.Object(
  {
    title: Type.String(),
    description: Type.String(),
    /** Asked in this order; the first that fits is taken. */
    order: Type.Number(),
    /** Fits when one of these files is there. */
    detect: Type.Array(Type.String()),
    /** JSON files of the repository, by the name the templates know them by. */
    read: Type.Optional(Type.Record(Type.String(), Type.String())),
    variables: Type.Optional(Type.Record(Type.String(), Type.String())),
    require: Type.Optional(Type.Array(Requirement)),
    /** Where the app listens; left out where the image's EXPOSE says it. */
    port: Type.Optional(Type.Integer()),
    healthPath: Type.Optional(Type.String()),
    /** Files of the template that are put beside the sources. */
    files: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
)

export type Template = Static<typeof Description> & {
  name: string
  folder: string
  /** False for the template that uses the repository's own Dockerfile. */
  hasDockerfile: boolean
}

export type Catalog = readonly Template[]

/** Loads every folder of `root` that has a template.json. @throws when one of them is not as it must be. */
export async function loadCatalog(root: string): Promise<Catalog> {
  const names = (await readdir(root)).filter((name) => existsSync(path.join(root, name, 'template.json')))
  const templates = await Promise.all(names.map((name) => loadTemplate(root, name)))
  return templates.sort((a, b) => a.order - b.order)
}

async function loadTemplate(root: string, name: string): Promise<Template> {
  const folder = path.join(root, name)
  const description: unknown = JSON.parse(await readFile(path.join(folder, 'template.json'), 'utf8'))
  if (!Value.Check(Description, description)) {
    const [problem] = Value.Errors(Description, description)
    throw new Error(`templates/${name}/template.json: ${problem?.instancePath} ${problem?.message}`)
  }
  return { ...description, name, folder, hasDockerfile: existsSync(path.join(folder, 'Dockerfile.njk')) }
}
