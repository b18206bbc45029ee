import { readdir } from 'node:fs/promises'
import path from 'node:path'

/** More than any app has, and still found in well under a second. */
const MAX_FILES = 20_000
const SKIPPED = new Set(['.git', 'node_modules'])

/**
 * The file below `root` that an import means which was not found: the same path but for capital and small letters, as
 * macOS and Windows let pass. Undefined when there is none, or one that is written just so.
 */
export async function findOtherCase(root: string, wanted: string): Promise<string | undefined> {
  const tail = wanted.replace(/^\/(?:usr\/src\/)?app\//, '').replace(/^(?:\.{0,2}|@|~)\/+(?:\.{1,2}\/)*/, '')
  if (tail === '') return undefined
  const isMeant = (file: string, name: string) => file === name || file.endsWith(`/${name}`)
  const files = (await listFiles(root)).map((file) => ({ file, names: namesOf(file) }))
  if (files.some(({ names }) => names.some((it) => isMeant(it, tail)))) return undefined
  const small = tail.toLowerCase()
  return files.find(({ names }) => names.some((it) => isMeant(it.toLowerCase(), small)))?.file
}

/** What a file can be imported as: with its extension, without it, and as its folder. */
function namesOf(file: string): string[] {
  const { dir, name, ext } = path.posix.parse(file)
  const bare = path.posix.join(dir, name)
  // TypeScript imports x.ts as x.js.
  return [file, bare, ...(/^\.[cm]?tsx?$/.test(ext) ? [`${bare}.js`] : []), ...(name === 'index' ? [dir] : [])]
}

async function listFiles(root: string): Promise<string[]> {
  const files: string[] = []
  const folders = ['']
  for (let folder = folders.shift(); folder !== undefined && files.length < MAX_FILES; folder = folders.shift()) {
    for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name)
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(name)
      else if (entry.isFile()) files.push(name)
    }
  }
  return files
}
