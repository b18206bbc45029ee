import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { type Mark, readMark } from './nginx-names.ts'

/** A vhost file with our mark, as it lies in the folder. */
export type VhostFile = {
  path: string
  subdomain: string
  hostname: string
  mark: Mark
  quarantined: boolean
  reason?: string
}

const ASIDE = '.quarantined'

export const confOf = (folder: string, subdomain: string) => path.join(folder, `${subdomain}.conf`)
export const asideOf = (file: string) => `${file}${ASIDE}`
const reasonOf = (file: string) => `${file}${ASIDE}.reason`
/** Ours alone, so that what a crash left half-written can be swept away without asking whose it is. */
export const BESIDE = '.slipway-new'
const besideOf = (file: string) => `${file}${BESIDE}`

/** The text, or undefined when there is no such file. */
export const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch(ifMissing(undefined))

/**
 * Whole or not at all: written beside, forced to the disk, and renamed. nginx never reads a half-written file.
 * @throws AppError disk_full
 */
export async function writeWhole(file: string, text: string, mode = 0o644): Promise<void> {
  const beside = besideOf(file)
  try {
    await writeFile(beside, text, { mode, flush: true })
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    throw new AppError('disk_full', `There is no room to write ${file}; free some disk space`, { cause: error })
  }
}

/** Puts `text` back as it was before; undefined means that there was no file. */
export async function putBack(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) await rm(file, { force: true })
  else await writeWhole(file, text)
}

/** All `*.conf` in the folder, in the order in which nginx reads them, but for our own configuration file. */
export async function listConfs(folder: string, except: string): Promise<string[]> {
  const isVhost = (name: string) => name.endsWith('.conf') && !name.startsWith('.')
  return (await namesIn(folder))
    .filter(isVhost)
    .map((name) => path.join(folder, name))
    .filter((file) => file !== except)
}

/** Changes with every file that nginx would read: its name, size and time of change. */
export async function fingerprintOf(files: string[]): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file, { bigint: true }).catch(ifMissing(undefined))))
  const lines = files.map((file, index) => `${file} ${stats[index]?.size} ${stats[index]?.mtimeNs}`)
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** Removes what a crash left half-written. */
export async function sweep(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name.endsWith(BESIDE)) await rm(path.join(folder, name), { force: true })
  }
}

/** The sorted names in a folder; none when it is not there. */
export const namesIn = async (folder: string) => (await readdir(folder).catch(ifMissing([]))).sort()

/** The vhosts of this instance, also those put aside. Files without our mark are left out. */
export async function readVhostFiles(folder: string, instance: string): Promise<VhostFile[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.conf') || name.endsWith(`.conf${ASIDE}`))
  const files = await Promise.all(names.map((name) => readVhostFile(path.join(folder, name), instance)))
  return files.filter((file) => file !== undefined)
}

async function readVhostFile(file: string, instance: string): Promise<VhostFile | undefined> {
  const text = await readIfThere(file)
  const mark = text === undefined ? undefined : readMark(text)
  if (text === undefined || mark?.instance !== instance) return undefined
  const quarantined = file.endsWith(ASIDE)
  const conf = quarantined ? file.slice(0, -ASIDE.length) : file
  const reason = quarantined ? await readIfThere(reasonOf(conf)) : undefined
  return {
    path: file,
    subdomain: path.basename(conf, '.conf'),
    hostname: serverNameIn(text),
    mark,
    quarantined,
    ...(reason !== undefined && { reason }),
  }
}

/** The first server name of a vhost; empty when someone's editing took it away. */
export const serverNameIn = (text: string) => /^\s*server_name\s+([^\s;]+)/m.exec(text)?.[1] ?? ''

/** Renames the file so that nginx does not read it any more, and writes why beside it. Nothing of it is lost. */
export async function putAside(file: string, reason: string): Promise<void> {
  await writeWhole(reasonOf(file), `${reason}\n`)
  await rename(file, asideOf(file))
}

/** Removes what was put aside of this vhost. Absent is fine. */
export async function removeAside(file: string): Promise<void> {
  for (const left of [asideOf(file), reasonOf(file)]) await rm(left, { force: true })
}

/** Answers for a file that is not there; any other error goes through. */
function ifMissing<T>(answer: T) {
  return (error: unknown): T => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return answer
    throw error
  }
}
