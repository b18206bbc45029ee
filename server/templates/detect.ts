import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EnvVariable } from '../db/deployments.ts'
import type { Recipe, ReleaseInputs } from '../db/releases.ts'
import { AppError } from '../errors.ts'
import type { Catalog, Template } from './catalog.ts'
import { readRepositoryFile } from './read-file.ts'
import { renderDockerfile, renderText } from './render.ts'

type Wishes = Pick<ReleaseInputs, 'rootDir' | 'template' | 'overrides'>

/**
 * Decides how a checkout is built: the template asked for, else the one for the Dockerfile asked for, else the first of
 * the catalogue that fits.
 * @throws root_dir_not_found, dockerfile_not_found, no_template, no_start_command, file_unsafe
 */
export async function chooseRecipe(
  catalog: Catalog,
  checkout: string,
  wishes: Wishes,
  env: EnvVariable[],
): Promise<Recipe> {
  const root = await enterFolder(checkout, wishes.rootDir)
  const files = await listFiles(root)
  const template = chooseTemplate(catalog, files, wishes)
  const { overrides } = wishes
  const fromEnv = Number(env.find((it) => it.key === 'PORT')?.value)
  const reach = {
    port: overrides.port ?? (Number.isInteger(fromEnv) && fromEnv > 0 ? fromEnv : (template.port ?? null)),
    healthPath: overrides.healthPath ?? template.healthPath ?? '/',
  }
  if (!template.hasDockerfile) {
    const dockerfilePath = overrides.dockerfile ?? 'Dockerfile'
    if ((await readRepositoryFile(root, dockerfilePath)) !== undefined)
      return { template: template.name, dockerfilePath, ...reach }
    throw new AppError(
      'dockerfile_not_found',
      `There is no ${dockerfilePath} in ${wishes.rootDir || 'the repository'}. Check the path of the Dockerfile.`,
    )
  }
  const values = await valuesOf(template, root, files, wishes, reach.port, env)
  return {
    template: template.name,
    dockerfile: await renderDockerfile(template, values),
    extraFiles: await readExtraFiles(template),
    ...reach,
  }
}

async function enterFolder(checkout: string, rootDir: string): Promise<string> {
  let folder = checkout
  for (const part of rootDir.split('/').filter(Boolean)) {
    folder = path.join(folder, part)
    const stat = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (stat?.isSymbolicLink())
      throw new AppError('file_unsafe', `The folder ${rootDir} goes through a symbolic link. Name the folder itself.`)
    if (!stat?.isDirectory())
      throw new AppError('root_dir_not_found', `There is no folder ${rootDir} in the repository. Check its name.`)
  }
  return folder
}

/** The names at the top and one level below. */
async function listFiles(root: string): Promise<string[]> {
  const top = (await readdir(root, { withFileTypes: true })).filter(
    (it) => it.name !== '.git' && it.name !== 'node_modules',
  )
  const below = await Promise.all(
    top
      .filter((it) => it.isDirectory())
      .map(async (it) => (await readdir(path.join(root, it.name))).map((name) => `${it.name}/${name}`)),
  )
  return [...top.map((it) => it.name), ...below.flat()]
}

function chooseTemplate(catalog: Catalog, files: string[], { template: name, overrides, rootDir }: Wishes): Template {
  const found = overrides.dockerfile
    ? catalog.find((it) => !it.hasDockerfile)
    : name
      ? catalog.find((it) => it.name === name)
      : catalog.find((it) => it.detect.some((file) => files.includes(file)))
  if (found) return found
  if (name)
    throw new AppError(
      'no_template',
      `There is no template ${name}. There are: ${catalog.map((it) => it.name).join(', ')}.`,
      { field: 'template' },
    )
  const wanted = [...new Set(catalog.flatMap((it) => it.detect))].join(', ')
  throw new AppError(
    'no_template',
    `Nothing in ${rootDir || 'the repository'} says how to build it: there is none of ${wanted}. Add a Dockerfile, or name the folder the app is in.`,
  )
}

async function valuesOf(
  template: Template,
  root: string,
  files: string[],
  { overrides }: Wishes,
  port: number | null,
  env: EnvVariable[],
) {
  const read = await Promise.all(
    Object.entries(template.read ?? {}).map(async ([name, file]) => [name, await readJson(root, file)]),
  )
  const buildVariables = env.filter((it) => it.buildTime).map((it) => it.key)
  const given = { files, overrides, port, buildVariables, ...Object.fromEntries(read) }
  const variables: Record<string, string> = {}
  for (const [name, text] of Object.entries(template.variables ?? {})) {
    variables[name] = (await renderText(text, { ...given, ...variables })).trim()
  }
  for (const { variable, code, message } of template.require ?? []) {
    if (!variables[variable]) throw new AppError(code, message)
  }
  return { ...given, ...variables }
}

async function readJson(root: string, file: string): Promise<unknown> {
  const text = await readRepositoryFile(root, file)
  try {
    return text === undefined ? {} : JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new AppError(
      'build_failed',
      `${file} is not valid JSON: ${error instanceof Error ? error.message : error}. Mend it and push.`,
      { cause: error },
    )
  }
}

async function readExtraFiles(template: Template): Promise<Record<string, string>> {
  const files = await Promise.all(
    (template.files ?? []).map(async (name) => [name, await readFile(path.join(template.folder, name), 'utf8')]),
  )
  return Object.fromEntries(files)
}
