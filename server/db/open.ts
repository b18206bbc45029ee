import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CompiledQuery, type DatabaseConnection, Kysely, SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely'
import Sqlite from 'sqlite3'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import type { Schema } from './schema.ts'

/** SQLite rolls DDL back like anything else; Kysely's adapter is only careful. Migrations thus run in one transaction. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** As long as queries may follow each other while nothing else of the server goes on, milliseconds. */
const MOST_WITHOUT_A_TURN = 5

/** `begin immediate`: a claim takes the write lock before it reads, so a second writer waits instead of failing. */
class ImmediateDriver extends SqliteDriver {
  private readonly sqlite: Sqlite.Database
  private turnedAt = 0
  constructor(sqlite: Sqlite.Database) {
    super({ database: sqlite })
    this.sqlite = sqlite
  }

  /**
   * SQLite answers without a turn of the event loop, so that query after query would keep requests waiting: five deploys
   * that write at once, for a second and more.
   */
  override async acquireConnection(): Promise<DatabaseConnection> {
    if (performance.now() - this.turnedAt > MOST_WITHOUT_A_TURN) {
      await nextTurn()
      this.turnedAt = performance.now()
    }
    return super.acquireConnection()
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** On a full disk SQLite has rolled back by itself (sqlite.org/lang_transaction.html); a second time hides the reason. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.sqlite.inTransaction) await super.rollbackTransaction(connection)
  }
}

/**
 * Opens (or makes) `slipway.db` in `dataDir`, puts a copy aside when there are migrations to run, and runs them in one
 * transaction. The connection is shared and Kysely hands it out to one transaction at a time.
 * @throws NewerDatabaseError; and when a migration fails: the database is then as before and the copy lies in `backups/`.
 */
export async function openDatabase(dataDir: string): Promise<Kysely<Schema>> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const sqlite = new Sqlite(path.join(dataDir, 'slipway.db'))
  for (const pragma of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'foreign_keys = ON',
    'busy_timeout = 5000',
    'cache_size = -500',
  ]) {
    sqlite.pragma(pragma)
  }
  const config = { database: sqlite }
  const dialect = new SqliteDialect(config)
  dialect.createDriver = () => new ImmediateDriver(sqlite)
  dialect.createAdapter = () => new TransactionalAdapter()
  const db = new Kysely<Schema>({ dialect })
  try {
    await migrate(db, sqlite, dataDir)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return db
}

/** A database that nobody changes any more, such as a copy, as it is: nothing of it is migrated or written. */
export function openCopy(file: string): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: new SqliteDialect({ database: new Sqlite(file, { readonly: true, fileMustExist: true }) }),
  })
}

/** The migrations that this version knows, in the order they run. */
export const knownMigrations = (): string[] => Object.keys(migrations)
