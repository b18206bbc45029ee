import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import type Sqlite from 'sqlite3'
import { NewerDatabaseError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { migrations } from './migrations/index.ts'
import { newestCopy, pruneAttempts, pruneCopies, putAside } from './put-aside.ts'
import type { Schema } from './schema.ts'
import { readSetting, writeSetting } from './settings.ts'

/** Where the version that last opened the database is noted, for an older one to name. */
const VERSION_KEY = 'slipway.version'

/**
 * Brings the database to the schema of this version: a copy is put aside, then all that is missing runs in one
 * transaction.
 * @throws NewerDatabaseError, and when a migration fails: the database is then as before.
 */
export async function migrate(db: Kysely<Schema>, sqlite: Sqlite.Database, dataDir: string): Promise<void> {
  const applied = appliedIn(sqlite)
  refuseNewer(sqlite, applied, dataDir)
  const pending = Object.keys(migrations).filter((name) => !applied.includes(name))
  const [first] = pending
  const copy = first !== undefined && applied.length > 0 ? putAside(sqlite, dataDir, first) : undefined
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) {
    if (first !== undefined) pruneAttempts(dataDir, first)
    throw explainFailure(error, copy)
  }
  if ((await readSetting(db, VERSION_KEY)) !== VERSION) await writeSetting(db, VERSION_KEY, VERSION)
  if (copy !== undefined) pruneCopies(dataDir, copy)
}

/** Names of the migrations that ran, in their order; none in a new database. */
function appliedIn(sqlite: Sqlite.Database): string[] {
  const table = sqlite.prepare(`select 1 from sqlite_master where name = 'kysely_migration'`).get()
  if (table === undefined) return []
  return sqlite.prepare('select name from kysely_migration order by name').pluck().all() as string[]
}

/** @throws NewerDatabaseError when migrations ran that this version does not know */
function refuseNewer(sqlite: Sqlite.Database, applied: string[], dataDir: string): void {
  const [foreign] = applied.filter((name) => !(name in migrations))
  if (foreign === undefined) return
  const known = Object.keys(migrations).at(-1)
  const copy = newestCopy(dataDir, foreign)
  throw new NewerDatabaseError(
    `The database in ${dataDir} belongs to a newer Slipway: ${writerOf(sqlite)} (schema ${applied.at(-1)}). ` +
      `This is Slipway ${VERSION} (schema ${known}). Nothing was changed, and apps run on. ` +
      'Start that version or a newer one. To stay with this one, put back a database that it knows: ' +
      `${copy ?? 'a backup'} is from before the upgrade, and knows nothing of what came after it. See docs/upgrading.md.`,
  )
}

/** The settings table is as old as the database; should a version ever change it, its name is not worth failing for. */
function writerOf(sqlite: Sqlite.Database): string {
  try {
    const version = sqlite.prepare('select value from settings where key = ?').pluck().get(VERSION_KEY)
    return version === undefined ? 'one that did not say its version' : `Slipway ${version}`
  } catch (error) {
    if (error instanceof Error && error.name === 'SqliteError') return 'one whose version cannot be read'
    throw error
  }
}

function explainFailure(error: unknown, copy: string | undefined): Error {
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = copy === undefined ? '' : ` A copy is in ${copy}.`
  return new Error(
    `The database could not be brought to the schema of Slipway ${VERSION}: ${reason}. It is as it was before.${remedy} Start the version before, and report this.`,
    { cause: error },
  )
}
