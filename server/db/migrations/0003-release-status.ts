import { type Kysely, sql } from 'kysely'

/** Releases on their way are looked for whenever the apps are listed, among all that ever were. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index releases_status on releases(status)`.execute(db)
}
