import { type Kysely, sql } from 'kysely'

/** Why a release that waited was never begun: a newer one took its place, or it was called back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table releases add column dropped text`.execute(db)
}
