import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { findFiles } from './find-files.ts'
import { readRepositoryFile } from './read-file.ts'

/** What a template may look at of a checkout. Paths are relative to its folder, with `/` between their parts. */
export type Source = {
  /** Files down to the fifth level, 20,000 at most, sorted, without what tools install or produce. */
  readonly files: readonly string[]
  has(file: string): boolean
  /** The files that fit a glob such as `src/*.ts` (path.matchesGlob), sorted; none for one that takes too long to match. */
  find(glob: string): string[]
  /** @throws file_unsafe when it is a link, no ordinary file, or larger than 1 MiB. Undefined when it is not there. */
  text(file: string): Promise<string | undefined>
  /** The same for a file that the user named, which checkRelativePath has let through: also where `files` does not reach. */
  named(file: string): Promise<string | undefined>
  /** The first 4 KiB, however large the file is: a lock file says in its first lines what wrote it. */
  head(file: string): Promise<string | undefined>
  /** The parsed file, comments allowed. `T` is what the reader hopes for: check what you use. */
  json<T = unknown>(file: string): Promise<T | undefined>
  toml<T = unknown>(file: string): Promise<T | undefined>
  yaml<T = unknown>(file: string): Promise<T | undefined>
  /** Below the repository's top; '' there. */
  readonly folder: string
  /** The same for another folder of the repository, by its path from the top. */
  at(folder: string): Promise<Source>
}

const MAX_DEPTH = 5
const MAX_FILES = 20_000
const HEAD_BYTES = 4096
const MAX_YAML = 32 * 1024

/** What package managers install and tools produce: nobody writes an app there. */
const NOT_WRITTEN = new Set(
  '.git node_modules bower_components .venv venv __pycache__ .tox .next .nuxt .output .svelte-kit .turbo .nx .angular .cache'.split(
    ' ',
  ),
)

/** @throws root_dir_not_found, file_unsafe */
export async function openSource(checkout: string, folder: string): Promise<Source> {
  const root = await enterFolder(checkout, folder)
  const files = await listFiles(root)
  const known = new Set(files)
  const text = async (file: string) => (known.has(file) ? readRepositoryFile(root, file) : undefined)

  async function parsed<T>(file: string, parse: (text: string) => unknown, language: string): Promise<T | undefined> {
    const written = await text(file)
    try {
      return written === undefined ? undefined : (parse(written.replace(/^\uFEFF/, '')) as T)
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n')[0] : error
      throw new AppError('build_failed', `${file} is not valid ${language}: ${why}. Mend it and push.`, {
        cause: error,
      })
    }
  }

  return {
    files,
    folder,
    has: (file) => known.has(file),
    find: (glob) => findFiles(files, glob),
    text,
    named: (file) => readRepositoryFile(root, file),
    head: async (file) => (known.has(file) ? readRepositoryFile(root, file, HEAD_BYTES) : undefined),
    json: async (file) => parsed(file, await jsonParser(), 'JSON'),
    toml: async (file) => parsed(file, (await import('smol-toml')).parse, 'TOML'),
    yaml: async (file) => parsed(file, await yamlParser(), 'YAML'),
    at: async (other) => openSource(checkout, other),
  }
}

/** The folder of the checkout, reached without a link. */
async function enterFolder(checkout: string, folder: string): Promise<string> {
  let entered = checkout
  for (const part of folder.split('/').filter(Boolean)) {
    entered = path.join(entered, part)
    const stat = await lstat(entered).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (part === '..' || stat?.isSymbolicLink())
      throw new AppError('file_unsafe', `The folder ${folder} goes through a symbolic link. Name the folder itself.`)
    if (!stat?.isDirectory())
      throw new AppError('root_dir_not_found', `There is no folder ${folder} in the repository. Check its name.`)
  }
  return entered
}

/** JSON as tools read it: with comments and trailing commas (tsconfig.json, turbo.json, deno.jsonc). */
async function jsonParser(): Promise<(text: string) => unknown> {
  const { parse, printParseErrorCode } = await import('jsonc-parser')
  return (text) => {
    const errors: import('jsonc-parser').ParseError[] = []
    const value: unknown = parse(text, errors, { allowTrailingComma: true })
    const [error] = errors
    if (error) {
      const line = text.slice(0, error.offset).split('\n').length
      throw new SyntaxError(`${printParseErrorCode(error.error)} in line ${line}`)
    }
    return value
  }
}

/** Its parser takes seconds for a megabyte, as no configuration is long. */
async function yamlParser(): Promise<(text: string) => unknown> {
  const { parse } = await import('yaml')
  return (text) => {
    if (text.length > MAX_YAML) throw new SyntaxError(`it is longer than ${MAX_YAML / 1024} KiB`)
    return parse(text, { uniqueKeys: false })
  }
}

async function listFiles(root: string): Promise<string[]> {
  const files: string[] = []
  let level = ['']
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && files.length < MAX_FILES; depth++) {
    const found = await Promise.all(level.map(async (folder) => readFolder(root, folder)))
    files.push(...found.flatMap((it) => it.files))
    level = found.flatMap((it) => it.folders)
  }
  return files.slice(0, MAX_FILES).sort()
}

async function readFolder(root: string, folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true })
  const nameOf = (entry: Dirent) => (folder === '' ? entry.name : `${folder}/${entry.name}`)
  return {
    files: entries.filter((it) => !it.isDirectory()).map(nameOf),
    folders: entries.filter((it) => it.isDirectory() && !NOT_WRITTEN.has(it.name)).map(nameOf),
  }
}
