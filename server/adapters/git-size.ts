import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { startProgram } from './run-program.ts'

/** What is taken of a repository at most. */
export type CloneLimits = { bytes: number; files: number }

export const DEFAULT_LIMITS: CloneLimits = { bytes: 2 ** 30, files: 300_000 }

const LOOK_MS = 200

/** Fires with `repository_too_large` once git has downloaded more into `folder` than it may. */
export function limitDownload(folder: string, limits: CloneLimits): { signal: AbortSignal; stop(): void } {
  const over = new AbortController()
  const timer = setInterval(() => {
    downloaded(folder).then(
      (bytes) => bytes > limits.bytes && over.abort(tooLarge(limits)),
      (error: unknown) => over.abort(error),
    )
  }, LOOK_MS)
  return { signal: over.signal, stop: () => clearInterval(timer) }
}

/** Git writes what comes into one file, here in a clone's own folder or in one that was made before. */
async function downloaded(folder: string): Promise<number> {
  const packs = path.join(folder, '.git', 'objects', 'pack')
  const names = await readdir(packs).catch(noneYet([]))
  const sizes = await Promise.all(
    names.map((name) => stat(path.join(packs, name)).then(({ size }) => size, noneYet(0))),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const noneYet =
  <T>(nothing: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return nothing
    throw error
  }

/**
 * Asks git how many files the commit at HEAD has, and how large they are, before one is written: a few kilobytes can
 * stand for millions of files, or for terabytes. Stops asking as soon as it is too much.
 * @throws repository_too_large
 */
export function checkTree(folder: string, env: Record<string, string>, limits: CloneLimits): Promise<void> {
  let files = 0
  let bytes = 0
  return new Promise((resolve, reject) => {
    const child = startProgram('nice', ['git', '-C', folder, 'ls-tree', '-r', '-l', 'HEAD'], {
      env,
      onLine(line) {
        const size = /^\d{6} \w+ [0-9a-f]+ +(\d+|-)\t/.exec(line)?.[1]
        if (size === undefined) return
        files += 1
        bytes += Number(size) || 0
        if (files <= limits.files && bytes <= limits.bytes) return
        child.kill('SIGKILL')
        reject(tooLarge(limits))
      },
    })
    child.once('error', reject)
    // What was not counted to the end is not known to be within the limits
    child.once('close', (code) => (code === 0 ? resolve() : reject(new AppError('repository_unreachable', UNREADABLE))))
  })
}

const UNREADABLE =
  'Git cannot read what it downloaded of the repository. Try again; if it stays so, look at it with git fsck.'

const tooLarge = ({ bytes, files }: CloneLimits) =>
  new AppError(
    'repository_too_large',
    `The repository has more than ${files} files or ${Math.floor(bytes / 2 ** 20)} MB. Take out what does not belong there, or raise SLIPWAY_REPOSITORY_MAX_MB.`,
  )
