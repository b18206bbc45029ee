import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createS3, type S3 } from '../../adapters/s3.ts'
import type { BackupPlace } from '../../db/backups.ts'
import { AppError } from '../../errors.ts'
import type { BackupTarget } from './settings.ts'

/** Where backups are kept. */
export type Target = {
  /** Where the file is made; what is there under another name than its own counts as no backup. */
  workFolder: string
  /** Puts a finished file of the work folder in its place, under its name, and proves that it is there. */
  publish(partial: string, name: string, steps: PublishSteps): Promise<void>
  read(name: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Fine when it is not there. */
  remove(name: string): Promise<void>
  /** How large the file is that lies in its place; undefined when there is none. */
  sizeOf(name: string): Promise<number | undefined>
  /** Takes away what an attempt that failed may have left, but for a file that is in its place. */
  discard(partial: string, name: string, upload: string | null): Promise<void>
  /** Writes, reads and deletes something. @throws backup_target_failed */
  check(): Promise<void>
}
type PublishSteps = { signal: AbortSignal; begun(uploadId: string): Promise<void>; sent(bytes: number): void }

/** @throws backup_target_failed */
export async function openTarget(target: BackupTarget, dataDir: string): Promise<Target> {
  const ownFolder = path.join(dataDir, 'backups')
  if (target.kind === 'folder') return folderTarget(target.folder, target.folder === ownFolder)
  await mkdir(ownFolder, { recursive: true, mode: 0o700 })
  return s3Target(await createS3(target), target.prefix, ownFolder)
}

/** Whether what lies at a place can be reached with these settings. */
export function reaches(target: BackupTarget, place: BackupPlace): boolean {
  if (place.kind === 'folder' || target.kind === 'folder') return place.kind === 'folder'
  return target.endpoint === place.endpoint && target.bucket === place.bucket
}

/** The target that a backup went to, as it can be reached today. */
export function targetOfPlace(place: BackupPlace, settings: BackupTarget | undefined): BackupTarget {
  if (place.kind === 'folder') return place
  if (settings?.kind === 's3' && reaches(settings, place)) return { ...settings, prefix: place.prefix }
  throw new AppError(
    'backup_target_failed',
    `This backup lies in the bucket ${place.bucket} at ${place.endpoint}, which is not the one of the settings any more.`,
  )
}

const isOf = (error: unknown, ...codes: string[]) => codes.includes((error as NodeJS.ErrnoException).code ?? '')

/** `isOwn`: the one in the data folder is made where it is missing; a disk that is not mounted is not to be filled up. */
function folderTarget(folder: string, isOwn: boolean): Target {
  const at = (name: string) => path.join(folder, name)
  const self: Target = {
    workFolder: folder,
    async publish(partial, name) {
      await rename(at(partial), at(name))
      const handle = await open(folder, 'r')
      await handle.sync().finally(() => handle.close())
    },
    async read(name) {
      await stat(at(name)).catch((error: unknown) => {
        throw explain(error, at(name))
      })
      return createReadStream(at(name))
    },
    remove: (name) => rm(at(name), { force: true }),
    async sizeOf(name) {
      try {
        return (await stat(at(name))).size
      } catch (error) {
        if (isOf(error, 'ENOENT', 'ENOTDIR')) return undefined
        throw explain(error, at(name))
      }
    },
    discard: (partial) => rm(at(partial), { force: true }),
    async check() {
      const probe = at(`.slipway-${randomUUID()}`)
      try {
        if (isOwn) await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeFile(probe, 'Slipway can write here.', { flag: 'wx', mode: 0o600, flush: true })
        await rm(probe)
      } catch (error) {
        throw explain(error, folder)
      }
    },
  }
  return self
}

function explain(error: unknown, place: string): unknown {
  const say = (message: string) => new AppError('backup_target_failed', message, { cause: error })
  if (isOf(error, 'ENOENT', 'ENOTDIR'))
    return say(`There is no ${place}. Make it, or mount the disk it is on: Slipway does not make it by itself.`)
  if (isOf(error, 'EACCES', 'EPERM', 'EROFS'))
    return say(
      `Slipway may not write to ${place}. Give the folder to the user that Slipway runs as; as a service it also needs ReadWritePaths (docs/backups.md).`,
    )
  return isOf(error, 'ENOSPC', 'EDQUOT') ? new AppError('disk_full', `The disk of ${place} is full.`) : error
}

function s3Target(s3: S3, prefix: string, workFolder: string): Target {
  const keyOf = (name: string) => `${prefix}${name}`
  return {
    workFolder,
    async publish(partial, name, steps) {
      const file = path.join(workFolder, partial)
      await s3.upload(keyOf(name), file, steps)
      const [here, there] = [
        await hashOf(createReadStream(file)),
        await hashOf(await s3.download(keyOf(name), steps.signal)),
      ]
      if (here !== there)
        throw new AppError('backup_target_failed', 'What the storage gives back is not what was sent. Try again.')
      await rm(file, { force: true })
    },
    read: (name, signal) => s3.download(keyOf(name), signal),
    remove: (name) => s3.remove(keyOf(name)),
    sizeOf: (name) => s3.sizeOf(keyOf(name)),
    async discard(partial, name, upload) {
      await rm(path.join(workFolder, partial), { force: true })
      if (upload !== null) await s3.abandon(keyOf(name), upload)
    },
    async check() {
      const probe = keyOf(`.slipway-${randomUUID()}`)
      await s3.put(probe, 'Slipway can write here.')
      const answer = await hashOf(await s3.download(probe, AbortSignal.timeout(60_000)))
      await s3.remove(probe)
      if (answer !== createHash('sha256').update('Slipway can write here.').digest('hex'))
        throw new AppError('backup_target_failed', 'What the storage gives back is not what was sent.')
    },
  }
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of source) hash.update(part)
  return hash.digest('hex')
}
