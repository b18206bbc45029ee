import { sql } from 'kysely'
import type { Db } from './schema.ts'

export type LogLine = { seq: number; at: string; stream: string; level: string; text: string }

/**
 * Appends lines to a release's build log in one statement. At most a few hundred at once: SQLite binds 32,766 values.
 * They are not forced to the disk, which would stop the server for as long as that takes, again and again while a build
 * prints: when the power goes, the last lines may go with it. Not for a transaction, which ends as it began.
 */
export async function appendLog(db: Db, deploymentId: string, release: number, lines: LogLine[]): Promise<void> {
  if (lines.length === 0) return
  const rows = lines.map((line) => ({ deployment_id: deploymentId, release, ...line }))
  await db.connection().execute(async (one) => {
    await sql`pragma synchronous = normal`.execute(one)
    try {
      await one.insertInto('build_logs').values(rows).execute()
    } finally {
      await sql`pragma synchronous = full`.execute(one)
    }
  })
}

/** Lines with a number above `after`, oldest first. */
export async function readLog(
  db: Db,
  deploymentId: string,
  release: number,
  options: { after: number; limit: number },
): Promise<LogLine[]> {
  return db
    .selectFrom('build_logs')
    .select(['seq', 'at', 'stream', 'level', 'text'])
    .where('deployment_id', '=', deploymentId)
    .where('release', '=', release)
    .where('seq', '>', options.after)
    .orderBy('seq')
    .limit(options.limit)
    .execute()
}

/** The last lines with a number below `before`, oldest first. */
export async function readLogBefore(
  db: Db,
  deploymentId: string,
  release: number,
  options: { before: number; limit: number },
): Promise<LogLine[]> {
  const lines = await db
    .selectFrom('build_logs')
    .select(['seq', 'at', 'stream', 'level', 'text'])
    .where('deployment_id', '=', deploymentId)
    .where('release', '=', release)
    .where('seq', '<', options.before)
    .orderBy('seq', 'desc')
    .limit(options.limit)
    .execute()
  return lines.reverse()
}

/** The number of the last line, 0 when there is none. */
export async function lastLogSeq(db: Db, deploymentId: string, release: number): Promise<number> {
  const row = await db
    .selectFrom('build_logs')
    .select((eb) => eb.fn.max('seq').as('last'))
    .where('deployment_id', '=', deploymentId)
    .where('release', '=', release)
    .executeTakeFirst()
  return row?.last ?? 0
}

/** Deletes the logs of releases made before a time, but for the newest `keep` of each deployment. Answers how many lines. */
export async function deleteOldLogs(db: Db, { before, keep }: { before: string; keep: number }): Promise<number> {
  const old = await db
    .selectFrom('releases')
    .select(['deployment_id', 'number'])
    .where('created_at', '<', before)
    .where('number', '<=', (eb) =>
      eb
        .selectFrom('releases as other')
        .select((other) => other(other.fn.max('number'), '-', keep).as('last'))
        .whereRef('other.deployment_id', '=', 'releases.deployment_id'),
    )
    .execute()
  let count = 0
  for (const { deployment_id: id, number } of old) {
    const { numDeletedRows } = await db
      .deleteFrom('build_logs')
      .where('deployment_id', '=', id)
      .where('release', '=', number)
      .executeTakeFirst()
    count += Number(numDeletedRows)
  }
  return count
}

/** The bytes that each deployment's build logs hold. */
export async function sizesOfLogs(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('build_logs')
    .select(['deployment_id', (eb) => eb.fn.sum<number>(eb.fn('length', ['text'])).as('bytes')])
    .groupBy('deployment_id')
    .execute()
  return new Map(rows.map((row) => [row.deployment_id, Number(row.bytes)]))
}
