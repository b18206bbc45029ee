import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DockerAdapter } from '../../adapters/docker.ts'
import type { Config } from '../../config.ts'
import { knownMigrations, openDatabase } from '../../db/open.ts'
import { problemOfSnapshot } from '../../db/snapshot.ts'
import { AppError } from '../../errors.ts'
import { endRestore, restoreFolderOf } from '../restored.ts'
import type { Manifest, VolumeSum } from './manifest.ts'
import { prepareRestored } from './prepare-restored.ts'
import { readArchive } from './read-archive.ts'
import { sumOfTar } from './tar-sum.ts'

export type Restore = {
  config: Pick<Config, 'dataDir' | 'instance' | 'secretKey'>
  docker: DockerAdapter
  /** The backup, on this machine. */
  file: string
  /** What it is called where it came from. */
  name: string
  passphrase: string
  say(text: string): void
}

/** What may be in a data folder that nothing was done with yet: npm's own, and the lock of whoever restores. */
const MAY_BE_THERE = new Set(['npm', 'slipway.lock', 'restoring', 'restoring-download'])
const DATABASE = 'slipway.db'

/**
 * Brings a backup to an empty machine: looks at all of it first, puts the volumes in place, and as the last thing the
 * database, which says that this machine was restored and that every app is to be deployed again. Stopped at any moment,
 * it can be run again: what an attempt made is known by its mark.
 * @throws not_possible_now when the machine is not empty; passphrase_wrong, backup_damaged
 */
export async function restoreBackup(restore: Restore): Promise<{ manifest: Manifest; apps: number }> {
  const { config, docker, file, say } = restore
  const work = restoreFolderOf(config.dataDir)
  await refuseUsed(config.dataDir)
  await undoAttempt(restore, work)
  await mkdir(work, { recursive: true, mode: 0o700 })
  say('Reading the backup')
  const { manifest, sums } = await lookFirst(restore, work)
  const attempt = randomUUID()
  await writeDurably(path.join(work, 'attempt.json'), JSON.stringify({ id: attempt }))
  try {
    await putVolumes(restore, attempt, sums.volumes)
  } finally {
    await docker.clearVolumeReader()
  }
  say('Preparing the database')
  const db = await openDatabase(work)
  const apps = await prepareRestored(db, { manifest, name: restore.name, size: (await stat(file)).size }).finally(() =>
    db.destroy(),
  )
  await putInPlace(config.dataDir, work)
  return { manifest, apps }
}

/** All that could speak against it. Nothing was made yet when this throws. */
async function lookFirst(restore: Restore, work: string) {
  try {
    const read = await unpack(restore, work)
    await restore.docker.ping()
    await refuseVolumes(restore.docker, read.manifest)
    await refuseContainers(restore)
    return read
  } catch (error) {
    await rm(work, { recursive: true, force: true })
    throw error
  }
}

/** @throws not_possible_now */
async function refuseUsed(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  if (endRestore(dataDir))
    throw new AppError('not_possible_now', `A backup was restored to ${dataDir} already. Start Slipway.`)
  const names = await readdir(dataDir)
  const isOurs = (name: string) => name === 'secret.key' && names.includes('restoring') && !names.includes(DATABASE)
  const used = names.filter((it) => !MAY_BE_THERE.has(it) && !isOurs(it))
  if (used.length === 0) return
  throw new AppError(
    'not_possible_now',
    `${dataDir} is not empty (${used.slice(0, 3).join(', ')}). A backup is restored to a machine that Slipway has not run on: set SLIPWAY_DATA_DIR to an empty folder, or move this one away.`,
  )
}

/** What an attempt made that was stopped carries its mark, and goes. */
async function undoAttempt({ docker, say }: Restore, work: string): Promise<void> {
  const note = path.join(work, 'attempt.json')
  if (existsSync(note)) {
    const { id } = JSON.parse(await readFile(note, 'utf8')) as { id: string }
    for (const { kind, name, labels } of await docker.listOwned()) {
      if (kind !== 'volume' || labels[MARK] !== id) continue
      say(`Removing ${name}, which an earlier attempt had begun`)
      await docker.removeVolume(name)
    }
  }
  await rm(work, { recursive: true, force: true })
}

const MARK = 'slipway.restored'

/** Puts database and keys into the work folder, and reads the rest. @throws AppError when it does not fit this machine */
async function unpack(restore: Restore, work: string) {
  const { config, file, passphrase } = restore
  const at = (name: string) => path.join(work, name)
  const read = await readArchive(createReadStream(file), passphrase, {
    manifest: async (manifest) => refuseOther(config, manifest),
    database: (body) => pipeline(body, createWriteStream(at('slipway.db'), { mode: 0o600, flush: true })),
    async keys(text) {
      if (config.secretKey !== undefined && text.split('\n')[0] !== config.secretKey)
        throw new AppError(
          'not_possible_now',
          'SLIPWAY_SECRET_KEY is not the key of this backup. Take the setting out: the backup brings its key along.',
        )
      await writeDurably(at('secret.key'), text)
    },
  })
  const problem = await problemOfSnapshot(at('slipway.db'), read.manifest.rows)
  if (problem !== undefined) throw new AppError('backup_damaged', problem)
  return read
}

function refuseOther({ instance }: Restore['config'], manifest: Manifest): void {
  if (!knownMigrations().includes(manifest.schema))
    throw new AppError(
      'not_possible_now',
      `This backup was made by a newer Slipway (${manifest.version}). Install that version, then restore.`,
    )
  if (manifest.instance === instance) return
  throw new AppError(
    'not_possible_now',
    `This backup is of the instance ${manifest.instance}, and here SLIPWAY_INSTANCE is ${instance}. Set it to ${manifest.instance}: volumes are named after it.`,
  )
}

/** Data that is there already is never written over. @throws not_possible_now */
async function refuseVolumes(docker: DockerAdapter, { volumes }: Manifest): Promise<void> {
  for (const { name } of volumes) {
    if (!(await docker.hasVolume(name))) continue
    throw new AppError(
      'not_possible_now',
      `The engine has a volume ${name} already. If its data is not needed, remove it (docker volume rm ${name}), then restore.`,
    )
  }
}

/** Another Slipway of this name would have its apps replaced by those of the backup. @throws not_possible_now */
async function refuseContainers({ config, docker }: Restore): Promise<void> {
  const owned = await docker.listOwned()
  const apps = owned.filter(({ kind, labels }) => kind === 'container' && labels['slipway.deployment'] !== undefined)
  if (apps.length === 0) return
  const names = apps.map((it) => it.name).slice(0, 3)
  throw new AppError(
    'not_possible_now',
    `The engine has apps of ${config.instance} already (${names.join(', ')}). If no Slipway has them any more, remove them (docker rm -f), then restore.`,
  )
}

/** Each is read back and compared with what was backed up. */
async function putVolumes(restore: Restore, attempt: string, sums: VolumeSum[]): Promise<void> {
  const { config, docker, file, passphrase, say } = restore
  await readArchive(createReadStream(file), passphrase, {
    async volume({ name, deploymentId, app }, tar) {
      say(`Bringing back ${name} (${app})`)
      const labels = { 'slipway.instance': config.instance, 'slipway.deployment': deploymentId, [MARK]: attempt }
      await docker.ensureVolume(name, labels)
      await docker.writeVolume(name, tar)
      const said = sums.find((it) => it.name === name)
      const found = await sumOfTar(await docker.readVolume(name, new AbortController().signal))
      if (!said || said.missing || said.files.sum !== found.sum)
        throw new AppError('engine_failed', `The volume ${name} does not hold what was written to it. Try again.`)
    },
  })
}

/** The database comes last: without it nothing was restored. Whoever owns the folder owns what is in it. */
async function putInPlace(dataDir: string, work: string): Promise<void> {
  const { uid, gid } = await stat(dataDir)
  for (const name of ['secret.key', DATABASE]) {
    if (process.getuid?.() === 0) await chown(path.join(work, name), uid, gid)
    await rename(path.join(work, name), path.join(dataDir, name))
    await syncFolder(dataDir)
  }
  await rm(work, { recursive: true })
}

/** All of it is there under its name, or nothing. */
async function writeDurably(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text, { mode: 0o600, flush: true })
  await rename(`${file}.part`, file)
  await syncFolder(path.dirname(file))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
