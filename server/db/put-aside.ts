import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type Sqlite from 'sqlite3'

/** So many copies from before migrations stay. */
const KEPT = 5
/** What `putAside` names its copies: nothing else in the folder is ours. */
const COPY = /^[\dTZ-]+-before-\d{4}-[\w-]+\.db(\.part)?$/

/**
 * Copies the whole database into `backups/` and answers the file: complete, verified and on the disk, or not there under
 * its name at all.
 * @throws when there is no room for it, or the copy is not whole.
 */
export function putAside(sqlite: Sqlite.Database, dataDir: string, before: string): string {
  const folder = path.join(dataDir, 'backups')
  const file = path.join(folder, `${new Date().toISOString().replace(/[:.]/g, '-')}-before-${before}.db`)
  const part = `${file}.part`
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // VACUUM INTO refuses an existing file, and does not sync what it wrote
    sqlite.prepare('vacuum into ?').run(part)
    verify(sqlite, part)
    sync(part)
    renameSync(part, file)
    sync(folder)
  } catch (error) {
    if (existsSync(part)) rmSync(part)
    const reason = error instanceof Error ? error.message : error
    throw new Error(
      `The database is to be changed for this version, and no copy of it could be put into ${folder} before (${reason}). Nothing was changed. Free some space or mend the folder, then start again.`,
      { cause: error },
    )
  }
  return file
}

/**
 * The newest copies stay, and `made` whatever its name says of the time: the clock may have been wrong. Older ones, and
 * what an interrupted copy left, go.
 */
export function pruneCopies(dataDir: string, made: string): void {
  const folder = path.join(dataDir, 'backups')
  const copies = copiesIn(dataDir)
  const whole = copies.filter((name) => name.endsWith('.db'))
  const stay = [...whole.slice(-KEPT), path.basename(made)]
  for (const name of copies) if (!stay.includes(name)) rmSync(path.join(folder, name), { force: true })
}

/** Of a migration that fails at every start one copy stays, the newest: the database is still what it was before. */
export function pruneAttempts(dataDir: string, before: string): void {
  const copies = copiesIn(dataDir).filter((name) => name.endsWith(`-before-${before}.db`))
  for (const name of copies.slice(0, -1)) rmSync(path.join(dataDir, 'backups', name), { force: true })
}

/** The newest whole copy from before the migration `before`. */
export function newestCopy(dataDir: string, before: string): string | undefined {
  const name = copiesIn(dataDir).findLast((it) => it.endsWith(`-before-${before}.db`))
  return name === undefined ? undefined : path.join(dataDir, 'backups', name)
}

/** Oldest first: their names begin with the time. */
function copiesIn(dataDir: string): string[] {
  try {
    return readdirSync(path.join(dataDir, 'backups'))
      .filter((name) => COPY.test(name))
      .sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Reads all of the copy again. */
function verify(sqlite: Sqlite.Database, file: string): void {
  sqlite.prepare('attach database ? as copy').run(file)
  try {
    const result = sqlite.pragma('copy.integrity_check', { simple: true })
    if (result !== 'ok') throw new Error(`the copy is not whole: ${result}`)
  } finally {
    sqlite.exec('detach database copy')
  }
}

function sync(target: string): void {
  const handle = openSync(target, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
