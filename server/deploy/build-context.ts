import { createReadStream, type Stats } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import dockerignore, { type Ignore } from '@balena/dockerignore'
import tar from 'tar-stream'
import type { Recipe } from '../db/releases.ts'
import { AppError } from '../errors.ts'
import { readRepositoryFile } from '../templates/read-file.ts'
import { findLocalDownload } from './local-download.ts'

const MAX_ENTRIES = 300_000

type Request = { root: string; recipe: Recipe; maxBytes: number }

/**
 * The build context as a tar stream, and the name of the Dockerfile in it. A repository that brings its own Dockerfile
 * is packed as it lies; for a template the sources lie in `src/`, beside what the template brings.
 * Symlinks are packed as links and never followed; FIFOs, sockets and devices are left out; `.dockerignore` is obeyed.
 * The Dockerfile is put in without its `# syntax` line: an image of the repository's choice must not run as our build
 * frontend. BuildKit takes that from JSON in the Dockerfile's place, too (frontend/dockerfile/parser/directives.go). The stream fails with repository_too_large when a limit is passed.
 * @throws dockerfile_not_found, file_unsafe
 */
export async function packContext({
  root,
  recipe,
  maxBytes,
}: Request): Promise<{ context: Readable; dockerfile: string }> {
  const own = recipe.dockerfile === undefined
  const dockerfile = own ? (recipe.dockerfilePath ?? 'Dockerfile') : 'Dockerfile'
  const text = recipe.dockerfile ?? (await readRepositoryFile(root, dockerfile))
  if (text === undefined) {
    throw new AppError(
      'dockerfile_not_found',
      `There is no ${dockerfile} in the repository. Check the path of the Dockerfile.`,
    )
  }
  if (own && /^\uFEFF?(#!.*\n)?\s*\{/.test(text)) {
    throw new AppError('file_unsafe', `${dockerfile} is JSON and no Dockerfile. Put a Dockerfile there.`)
  }
  if (own) refuseLocalDownloads(dockerfile, text)
  const source: Source = { root, maxBytes, prefix: own ? '' : 'src/', ignored: await readIgnore(root, recipe) }
  const context = tar.pack()
  pack(context, source, { ...recipe.extraFiles, [dockerfile]: withoutSyntax(text) }).catch((error: Error) =>
    context.destroy(error),
  )
  return { context: Readable.from(context), dockerfile }
}

/** The engine downloads for a build from where it runs: the machine itself. @throws file_unsafe */
function refuseLocalDownloads(dockerfile: string, text: string): void {
  const url = findLocalDownload(text)
  if (url === undefined) return
  throw new AppError(
    'file_unsafe',
    `${dockerfile} adds ${url}, which the engine would fetch from this machine itself. Put the file into the repository, or add it from an address that others reach, too.`,
  )
}

type Source = { root: string; maxBytes: number; prefix: string; ignored: Ignore }

/** Keeps every line where it was, so that errors of the build name the right one. */
const withoutSyntax = (dockerfile: string) =>
  dockerfile.replace(/(^|\n)([^\S\n]*(?:#|\/\/)[^\S\n]*)syntax([^\S\n]*=)/gi, '$1$2ignored-syntax$3')

async function readIgnore(root: string, recipe: Recipe) {
  const own = recipe.dockerfilePath && (await readRepositoryFile(root, `${recipe.dockerfilePath}.dockerignore`))
  const text = own || (await readRepositoryFile(root, '.dockerignore'))
  const standard = recipe.dockerfile === undefined ? [] : ['node_modules', '**/node_modules', '.env', '.env.*']
  return dockerignore.default().add(['.git', ...standard, ...(text ?? '').split(/\r?\n/)])
}

async function pack(
  context: tar.Pack,
  { root, maxBytes, prefix, ignored }: Source,
  extra: Record<string, string>,
): Promise<void> {
  let entries = 0
  let bytes = 0
  for await (const { file, stat } of walk(root, '', (name) => ignored.ignores(name))) {
    entries += 1
    bytes += stat.isFile() ? stat.size : 0
    if (entries > MAX_ENTRIES || bytes > maxBytes) {
      throw new AppError(
        'repository_too_large',
        `The repository has more than ${MAX_ENTRIES} files or ${Math.floor(maxBytes / 2 ** 20)} MB. Name what the build does not need in .dockerignore, or raise SLIPWAY_REPOSITORY_MAX_MB.`,
      )
    }
    const name = prefix + file
    if (Object.hasOwn(extra, name)) continue
    const header = { name, mode: stat.mode & 0o777, mtime: stat.mtime }
    if (stat.isSymbolicLink())
      context.entry({ ...header, type: 'symlink', linkname: await readlink(path.join(root, file)) })
    else if (stat.isDirectory()) context.entry({ ...header, type: 'directory' })
    else if (stat.isFile())
      await pipeline(createReadStream(path.join(root, file)), context.entry({ ...header, size: stat.size }))
  }
  for (const [name, text] of Object.entries(extra)) context.entry({ name, mode: 0o644 }, text)
  context.finalize()
}

/** Every entry below `folder`, without what is ignored. An ignored folder is walked all the same: `!` may bring a part back. */
async function* walk(
  root: string,
  folder: string,
  ignores: (name: string) => boolean,
): AsyncGenerator<{ file: string; stat: Stats }> {
  const names = await readdir(path.join(root, folder))
  for (const name of names.sort()) {
    const file = folder === '' ? name : `${folder}/${name}`
    if (file === '.git') continue
    if (name.includes('\uFFFD') && !ignores(file)) {
      throw new AppError(
        'file_unsafe',
        `The name of ${file} is not UTF-8. Rename the file, or name it in .dockerignore.`,
      )
    }
    if (name.includes('\uFFFD')) continue
    const stat = await lstat(path.join(root, file))
    if (!ignores(file)) yield { file, stat }
    if (stat.isDirectory()) yield* walk(root, file, ignores)
  }
}
