import { randomUUID } from 'node:crypto'
import type { ChannelKind, NewsKind } from '../states.ts'
import { type Db, now, type Row } from './schema.ts'

/** A place that news goes to. `config` is sealed: see secrets.ts; its context is the channel's id. */
export type Channel = {
  id: string
  name: string
  kind: ChannelKind
  config: string
  events: NewsKind[]
  isEnabled: boolean
  lastSentAt: string | null
  /** Why the last sending failed; null when it did not. */
  lastError: string | null
  createdAt: string
}

const fromRow = (row: Row<'channels'>): Channel => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  config: row.config,
  events: JSON.parse(row.events),
  isEnabled: row.is_enabled === 1,
  lastSentAt: row.last_sent_at,
  lastError: row.last_error,
  createdAt: row.created_at,
})

export type ChannelSettings = Pick<Channel, 'name' | 'config' | 'events' | 'isEnabled'>

const toRow = ({ name, config, events, isEnabled }: ChannelSettings) => ({
  name,
  config,
  events: JSON.stringify(events),
  is_enabled: Number(isEnabled),
  updated_at: now(),
})

export const newChannelId = (): string => randomUUID()

export async function insertChannel(
  db: Db,
  { id, kind, ...settings }: ChannelSettings & Pick<Channel, 'id' | 'kind'>,
): Promise<Channel> {
  const row = await db
    .insertInto('channels')
    .values({ id, kind, ...toRow(settings), created_at: now() })
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

/** In the order they were made. */
export async function listChannels(db: Db): Promise<Channel[]> {
  const rows = await db.selectFrom('channels').selectAll().orderBy('created_at').orderBy('id').execute()
  return rows.map(fromRow)
}

export async function findChannel(db: Db, id: string): Promise<Channel | undefined> {
  const row = await db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

export async function updateChannel(db: Db, id: string, settings: ChannelSettings): Promise<Channel | undefined> {
  const row = await db
    .updateTable('channels')
    .set(toRow(settings))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/** What waited for it goes, too. Answers what was deleted. */
export async function deleteChannel(db: Db, id: string): Promise<Channel | undefined> {
  const row = await db.deleteFrom('channels').where('id', '=', id).returningAll().executeTakeFirst()
  return row && fromRow(row)
}

/** Notes how the last sending went; null is well. */
export async function noteSending(db: Db, id: string, error: string | null): Promise<void> {
  const sent = error === null ? { last_sent_at: now() } : {}
  await db
    .updateTable('channels')
    .set({ last_error: error, ...sent })
    .where('id', '=', id)
    .execute()
}
