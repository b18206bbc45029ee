import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import Sqlite from 'sqlite3'

/** Databases as each version of the schema left them, named after its last migration. Never edited once released. */
export const dumpsFolder = path.join(import.meta.dirname, '..', 'fixtures', 'databases')

/** The key that what is sealed in them was sealed with, as SLIPWAY_SECRET_KEY takes it. */
export const dumpKey = Buffer.alloc(32, 7).toString('base64')
/** Of the user admin in them. */
export const dumpPassword = 'correct horse battery'

/** Oldest first, without the ending. */
export const dumpNames = readdirSync(dumpsFolder)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.slice(0, -'.sql'.length))
  .sort()

/** Makes the file of a database from a dump. */
export function loadDump(name: string, file: string): void {
  const sqlite = new Sqlite(file)
  sqlite.pragma('foreign_keys = OFF')
  sqlite.exec(readFileSync(path.join(dumpsFolder, `${name}.sql`), 'utf8'))
  sqlite.close()
}

/** A database as SQL: what makes its tables, then their rows. */
export function dumpDatabase(file: string): string {
  const sqlite = new Sqlite(file, { readonly: true })
  try {
    const parts = sqlite
      .prepare(`select name, type, sql from sqlite_master where sql is not null order by type = 'index', rowid`)
      .all() as { name: string; type: string; sql: string }[]
    const made = parts.filter(({ name }) => !name.startsWith('sqlite_'))
    const rows = made.filter(({ type }) => type === 'table').flatMap(({ name }) => insertsOf(sqlite, name))
    return `${[...made.map(({ sql }) => `${sql};`), ...rows].join('\n')}\n`
  } finally {
    sqlite.close()
  }
}

function insertsOf(sqlite: Sqlite.Database, table: string): string[] {
  const columns = (sqlite.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => `"${name}"`)
  const quoted = columns.map((column) => `quote(${column})`).join(` || ', ' || `)
  const rows = sqlite.prepare(`select ${quoted} from "${table}" order by 1`).pluck().all()
  return rows.map((row) => `insert into "${table}" (${columns.join(', ')}) values (${row});`)
}
