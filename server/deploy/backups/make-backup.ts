import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { encrypt } from '../../age.ts'
import { type Backup, type BackupContents, updateBackup } from '../../db/backups.ts'
import { problemOfSnapshot, schemaOf, writeSnapshot } from '../../db/snapshot.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { loadMasterKeys } from '../../secrets.ts'
import type { BackupPhase } from '../../states.ts'
import { tarOf } from '../../tar.ts'
import { VERSION } from '../../version.ts'
import type { Queue } from '../queue.ts'
import { readDisk } from '../read-disk.ts'
import type { Manifest, Sums } from './manifest.ts'
import { readArchive } from './read-archive.ts'
import type { BackupSettings } from './settings.ts'
import { openTarget, type Target } from './target.ts'
import { listVolumes, readVolumes } from './volumes.ts'
import { filesOf } from './write-archive.ts'

/** How far a backup is. `bytes` of its file were written, or sent. */
export type Progress = { phase: BackupPhase; app?: string; bytes: number }
export type Tell = (progress: Progress) => void

/** What a file that is not finished is called. */
export const partialOf = (name: string) => `.${name}.partial`
/** How often it is looked whether there is room. */
const LOOK_BYTES = 64 * 2 ** 20

/**
 * Makes the backup that stands in the table: in a file of another name, which is read back as a whole, and then put in
 * its place. The caller takes away what is left when this throws.
 */
export async function makeBackup(
  deps: Deps,
  queue: Queue,
  { backup, settings, tell, signal }: { backup: Backup; settings: BackupSettings; tell: Tell; signal: AbortSignal },
): Promise<{ size: number; contents: BackupContents }> {
  const target = await openTarget(settings.target, deps.config.dataDir)
  await target.check()
  await refuseWithoutSpace(deps, target)
  const copies = copiesOf(deps, backup)
  await mkdir(path.dirname(copies.taken), { recursive: true, mode: 0o700 })
  const partial = partialOf(backup.name)
  const file = path.join(target.workFolder, partial)
  tell({ phase: 'database', bytes: 0 })
  const manifest = await takeDatabase(deps, backup, copies.taken)
  const write = { deps, queue, backup, settings, tell, signal, manifest, databaseFile: copies.taken }
  const sums = await writeFile(write, target, file)
  tell({ phase: 'check', bytes: 0 })
  await check(file, settings.passphrase, manifest, copies.read, signal)
  const { size } = await stat(file)
  await target.publish(partial, backup.name, {
    signal,
    begun: (upload) => updateBackup(deps.db, backup.id, { upload }),
    sent: (bytes) => tell({ phase: 'upload', bytes }),
  })
  return { size, contents: contentsOf(manifest, sums) }
}

/** Where a copy of the database lies while a backup is made and checked: never beside the backup, for it is not encrypted. */
export function copiesOf({ config }: Pick<Deps, 'config'>, { id }: Pick<Backup, 'id'>) {
  const at = (what: string) => path.join(config.dataDir, 'backups', `.${id}-${what}.db`)
  return { taken: at('taken'), read: at('read') }
}

async function takeDatabase(deps: Deps, backup: Backup, file: string): Promise<Manifest> {
  const { config, db } = deps
  await rm(file, { force: true })
  const rows = await writeSnapshot(db, file)
  const problem = await problemOfSnapshot(file, rows)
  if (problem !== undefined) throw new AppError('backup_damaged', `The database could not be copied. ${problem}`)
  const { domain, publicUrl, githubUrl, nginx } = config
  return {
    format: 1,
    id: backup.id,
    version: VERSION,
    instance: config.instance,
    createdAt: backup.startedAt,
    schema: await schemaOf(db),
    rows,
    settings: { domain, publicUrl, githubUrl, nginx, cloudflare: config.cloudflare !== undefined },
    volumes: await listVolumes(db),
  }
}

type Write = {
  deps: Deps
  queue: Queue
  backup: Backup
  settings: BackupSettings
  tell: Tell
  signal: AbortSignal
  manifest: Manifest
  databaseFile: string
}

/** Writes the file, and has it on the disk. */
async function writeFile(write: Write, target: Target, file: string): Promise<Sums> {
  const { deps, queue, backup, settings, signal, manifest, databaseFile, tell } = write
  let [bytes, app] = [0, undefined as string | undefined]
  let sums: Sums | undefined
  const volumes = readVolumes(deps, queue, {
    manifest,
    backupId: backup.id,
    how: settings.hold,
    signal,
    next: (name) => {
      app = name
      tell({ phase: 'volumes', app, bytes })
    },
  })
  const keys = loadMasterKeys(deps.config.dataDir, deps.config.secretKey).map((it) => `${it.toString('base64')}\n`)
  const files = filesOf({ manifest, databaseFile, keys: keys.join(''), volumes }, (it) => {
    sums = it
  })
  await pipeline(
    tarOf(files),
    createGzip({ level: 1 }),
    (zipped: AsyncIterable<Uint8Array>) => encrypt(zipped, settings.passphrase),
    async function* (sealed: AsyncIterable<Uint8Array>) {
      for await (const part of sealed) {
        if (Math.floor(bytes / LOOK_BYTES) !== Math.floor((bytes + part.length) / LOOK_BYTES)) {
          await refuseWithoutSpace(deps, target)
          tell({ phase: 'volumes', ...(app !== undefined && { app }), bytes })
        }
        bytes += part.length
        yield part
      }
    },
    // Others may write to the folder: what lies there under this name is not ours.
    createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
    { signal },
  )
  if (sums === undefined) throw new Error('the backup was not written to its end')
  return sums
}

/** A full disk stops apps that write: the backup gives up before. @throws disk_full */
async function refuseWithoutSpace({ config }: Deps, { workFolder }: Target): Promise<void> {
  const freeMb = Math.floor((await readDisk(workFolder)).free / 2 ** 20)
  if (freeMb >= config.minFreeDiskMb) return
  throw new AppError(
    'disk_full',
    `Only ${freeMb} MB are free on the disk of ${workFolder}, and ${config.minFreeDiskMb} MB are kept in reserve. Free some space, or keep backups elsewhere.`,
  )
}

/** Reads the whole file back, and opens the database in it. @throws backup_damaged */
async function check(
  file: string,
  passphrase: string,
  manifest: Manifest,
  copy: string,
  signal: AbortSignal,
): Promise<void> {
  await readArchive(createReadStream(file, { signal }), passphrase, {
    database: (body) => pipeline(body, createWriteStream(copy, { mode: 0o600 }), { signal }) as Promise<void>,
  })
  const problem = await problemOfSnapshot(copy, manifest.rows)
  if (problem !== undefined) throw new AppError('backup_damaged', `The backup was written wrongly. ${problem}`)
}

function contentsOf(manifest: Manifest, sums: Sums): BackupContents {
  const volumes = sums.volumes.filter((it) => !it.missing)
  const bytes = sums.database.bytes + volumes.reduce((all, it) => all + (it.missing ? 0 : it.bytes), 0)
  return { apps: manifest.rows.deployments ?? 0, volumes: volumes.length, bytes }
}
