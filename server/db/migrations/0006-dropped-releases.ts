import { type Kysely, sql } from 'kysely'

/** Why a release that waited was never begun: a newer one took its place, or it was called back. And by what deliveries are known again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table releases add column dropped text`.execute(db)
  // Of what a delivery said: its id is not signed.
  await sql`alter table deliveries add column digest text`.execute(db)
}
