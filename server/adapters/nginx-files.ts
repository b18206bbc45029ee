import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
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
const besideOf = (file: string) => `${file}.new`

/** The text, or undefined when there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Whole or not at all: written beside, forced to the disk, and renamed. nginx never reads a half-written file. */
export async function writeWhole(file: string, text: string, mode = 0o644): Promise<void> {
  const beside = besideOf(file)
  const handle = await open(beside, 'w', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(beside, file)
}

/** Puts `text` back as it was before; undefined means that there was no file. */
export async function putBack(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) await rm(file, { force: true })
  else await writeWhole(file, text)
}

/** All `*.conf` in the folder, in the order in which nginx reads them, but for our own configuration file. */
export async function listConfs(folder: string, except: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const isVhost = (name: string) => name.endsWith('.conf') && !name.startsWith('.')
  return names
    .filter(isVhost)
    .sort()
    .map((name) => path.join(folder, name))
    .filter((file) => file !== except)
}

/** The vhosts of this instance, also those put aside. Files without our mark are left out. */
export async function readVhostFiles(folder: string, instance: string): Promise<VhostFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const found: VhostFile[] = []
  for (const name of names.sort()) {
    if (!name.endsWith('.conf') && !name.endsWith(`.conf${ASIDE}`)) continue
    const file = await readVhostFile(path.join(folder, name), instance)
    if (file !== undefined) found.push(file)
  }
  return found
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

/** Removes what was put aside of this vhost, and what a crash left half-written. Absent is fine. */
export async function removeLeftovers(file: string): Promise<void> {
  for (const left of [asideOf(file), reasonOf(file), besideOf(file)]) await rm(left, { force: true })
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'
