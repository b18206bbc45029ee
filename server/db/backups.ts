import { randomUUID } from 'node:crypto'
import type { BackupCause, BackupState } from '../states.ts'
import type { Db, Row } from './schema.ts'

/** Where a backup lies, without what lets one in. */
export type BackupPlace =
  | { kind: 'folder'; folder: string }
  | { kind: 's3'; endpoint: string; bucket: string; prefix: string }

/** A container that was paused or stopped for a backup. */
export type Held = { id: string; name: string; deploymentId: string; how: 'pause' | 'stop' }

export type BackupContents = { apps: number; volumes: number; bytes: number }

export type Backup = {
  id: string
  /** The name of its file. */
  name: string
  state: BackupState
  cause: BackupCause
  target: BackupPlace
  /** What S3 knows the upload by that is on its way. */
  upload: string | null
  held: Held[]
  size: number | null
  contents: BackupContents | null
  /** Why it failed; of one that succeeded, what went wrong after it. */
  message: string | null
  startedAt: string
  endedAt: string | null
}

const fromRow = (row: Row<'backups'>): Backup => ({
  id: row.id,
  name: row.name,
  state: row.state,
  cause: row.cause,
  target: JSON.parse(row.target),
  upload: row.upload,
  held: JSON.parse(row.held),
  size: row.size,
  contents: row.contents === null ? null : JSON.parse(row.contents),
  message: row.message,
  startedAt: row.started_at,
  endedAt: row.ended_at,
})

export const newBackupId = (): string => randomUUID()

/** Notes that a backup begins: before anything of it is made. */
export async function insertBackup(
  db: Db,
  { id, name, cause, target, startedAt }: Pick<Backup, 'id' | 'name' | 'cause' | 'target' | 'startedAt'>,
): Promise<void> {
  await db
    .insertInto('backups')
    .values({ id, name, cause, target: JSON.stringify(target), state: 'running', started_at: startedAt })
    .execute()
}

type Changes = Partial<Pick<Backup, 'state' | 'upload' | 'held' | 'size' | 'contents' | 'message' | 'endedAt'>>

export async function updateBackup(db: Db, id: string, changes: Changes): Promise<void> {
  const { held, contents, endedAt, ...same } = changes
  await db
    .updateTable('backups')
    .set({
      ...same,
      ...(held !== undefined && { held: JSON.stringify(held) }),
      ...(contents !== undefined && { contents: contents === null ? null : JSON.stringify(contents) }),
      ...(endedAt !== undefined && { ended_at: endedAt }),
    })
    .where('id', '=', id)
    .execute()
}

type Filter = { state?: BackupState; until?: string; limit?: number }

/** Newest first. */
export async function listBackups(db: Db, filter: Filter = {}): Promise<Backup[]> {
  let query = db.selectFrom('backups').selectAll().orderBy('started_at', 'desc').orderBy('id')
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.until !== undefined) query = query.where('started_at', '<=', filter.until)
  if (filter.limit !== undefined) query = query.limit(filter.limit)
  return (await query.execute()).map(fromRow)
}

export async function findBackup(db: Db, id: string): Promise<Backup | undefined> {
  const row = await db.selectFrom('backups').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/** Whether a backup holds containers of a deployment at the moment. */
export async function isHeld(db: Db, deploymentId: string): Promise<boolean> {
  const running = await listBackups(db, { state: 'running' })
  return running.some(({ held }) => held.some((it) => it.deploymentId === deploymentId))
}

export async function deleteBackup(db: Db, id: string): Promise<void> {
  await db.deleteFrom('backups').where('id', '=', id).execute()
}

/** Forgets the failures but for the newest; their files are gone. */
export async function forgetFailedBackups(db: Db, most: number): Promise<void> {
  const old = (await listBackups(db, { state: 'failed' })).slice(most)
  for (const { id, held } of old) if (held.length === 0) await deleteBackup(db, id)
}
