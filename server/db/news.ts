import { randomUUID } from 'node:crypto'
import type { News } from '../news.ts'
import { listChannels } from './channels.ts'
import { type Db, now, type Row } from './schema.ts'

/** For one channel: news beyond that is old, and the oldest goes. */
const MOST_WAITING = 100

/** News on its way to a channel. */
export type Waiting = {
  id: number
  delivery: string
  channelId: string
  news: News
  attempts: number
  runAfter: string | null
}

const fromRow = (row: Row<'news'>): Waiting => ({
  id: row.id,
  delivery: row.delivery,
  channelId: row.channel_id,
  news: JSON.parse(row.news),
  attempts: row.attempts,
  runAfter: row.run_after,
})

/** Puts news on its way to every channel that wants it. Call inside the transaction that notes that it was told. */
export async function queueNews(db: Db, news: News): Promise<void> {
  for (const { id, isEnabled, events } of await listChannels(db)) {
    if (!isEnabled || !events.some((it) => it === news.type)) continue
    await db
      .insertInto('news')
      .values({ delivery: randomUUID(), channel_id: id, news: JSON.stringify(news), created_at: now() })
      .execute()
    await dropOldest(db, id)
  }
}

async function dropOldest(db: Db, channelId: string): Promise<void> {
  await db
    .deleteFrom('news')
    .where('channel_id', '=', channelId)
    .where('id', 'not in', (eb) =>
      eb.selectFrom('news').select('id').where('channel_id', '=', channelId).orderBy('id', 'desc').limit(MOST_WAITING),
    )
    .execute()
}

/** The oldest that waits for each channel: a channel gets its news in order. */
export async function listNext(db: Db): Promise<Waiting[]> {
  const rows = await db
    .selectFrom('news')
    .selectAll()
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('news')
        .select((inner) => inner.fn.min('id').as('id'))
        .groupBy('channel_id'),
    )
    .execute()
  return rows.map(fromRow)
}

export async function dropNews(db: Db, id: number): Promise<void> {
  await db.deleteFrom('news').where('id', '=', id).execute()
}

/** It was tried once more, and waits until `runAfter`. */
export async function postponeNews(db: Db, { id, attempts }: Waiting, runAfter: string): Promise<void> {
  await db
    .updateTable('news')
    .set({ attempts: attempts + 1, run_after: runAfter })
    .where('id', '=', id)
    .execute()
}
