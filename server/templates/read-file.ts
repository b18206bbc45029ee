import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'

const MAX_BYTES = 1024 * 1024

/**
 * The text of a file of the repository, undefined when it is not there. `name` is relative to `root` and was checked by
 * checkRelativePath. With `headBytes` only the beginning is read, and the file may be of any size.
 * @throws file_unsafe when the file, or a folder on the way, is a link, or it is no ordinary file, or larger than 1 MiB:
 * a repository must not make us read /etc/shadow or /dev/zero.
 */
export async function readRepositoryFile(root: string, name: string, headBytes?: number): Promise<string | undefined> {
  const parts = name.split('/')
  let folder = root
  for (const part of parts) {
    folder = path.join(folder, part)
    const stat = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (stat === undefined) return undefined
    if (stat.isSymbolicLink()) throw unsafe(name, 'goes through a symbolic link')
  }
  const file = await open(folder, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw unsafe(name, 'is not an ordinary file')
    if (headBytes !== undefined) return await readHead(file, headBytes)
    if (stat.size > MAX_BYTES) throw unsafe(name, 'is larger than 1 MiB')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function readHead(file: FileHandle, bytes: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
  return buffer.toString('utf8', 0, bytesRead)
}

const unsafe = (name: string, why: string) =>
  new AppError('file_unsafe', `${name} ${why} and is not read. Put the file itself into the repository.`)
