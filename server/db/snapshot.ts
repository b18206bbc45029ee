import { open } from 'node:fs/promises'
import path from 'node:path'
import { type Kysely, sql } from 'kysely'
import { openCopy } from './open.ts'
import type { Db, Schema } from './schema.ts'

/** How many rows each table has. */
export type Counts = Record<string, number>

/**
 * Writes the database as it is at this moment to `file`, which must not exist, and has it on the disk. VACUUM INTO does
 * not sync what it writes. Answers the rows it has to hold.
 */
export async function writeSnapshot(db: Kysely<Schema>, file: string): Promise<Counts> {
  // One connection: nothing is written between counting and copying.
  const counts = await db.connection().execute(async (one) => {
    const counted = await countRows(one)
    await sql`vacuum into ${file}`.execute(one)
    return counted
  })
  for (const target of [file, path.dirname(file)]) {
    const handle = await open(target, 'r')
    await handle.sync().finally(() => handle.close())
  }
  return counts
}

async function countRows(db: Db): Promise<Counts> {
  const tables = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'
    and name not like 'sqlite_%' order by name`.execute(db)
  const counts: Counts = {}
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(db)
    counts[name] = rows[0]?.count ?? 0
  }
  return counts
}

/** What is wrong with a copy, in a sentence; undefined when it is whole and holds what it has to hold. */
export async function problemOfSnapshot(file: string, expected: Counts): Promise<string | undefined> {
  const db = openCopy(file)
  try {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
    if (rows[0]?.integrity_check !== 'ok') return `The database in it is damaged: ${rows[0]?.integrity_check}`
    const found = await countRows(db)
    const wrong = Object.keys({ ...expected, ...found }).find((table) => expected[table] !== found[table])
    if (wrong === undefined) return undefined
    return `The table ${wrong} has ${found[wrong] ?? 'no'} rows there, and has to have ${expected[wrong] ?? 'none'}.`
  } catch (error) {
    return `The database in it cannot be read: ${error instanceof Error ? error.message : error}`
  } finally {
    await db.destroy()
  }
}

/** The newest migration that a database has been through. */
export async function schemaOf(db: Db): Promise<string> {
  const { rows } = await sql<{ name: string }>`select max(name) as name from kysely_migration`.execute(db)
  return rows[0]?.name ?? ''
}
