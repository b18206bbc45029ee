import { type Kysely, sql } from 'kysely'

/** A recipe says how it is built and run by itself: a rollback needs no more than it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`update releases set recipe = json_patch(json_object(
    'framework', recipe ->> '$.template', 'commands', json('{}'), 'env', json('{}'),
    'settings', json(inputs -> '$.overrides'), 'contextFolder', inputs ->> '$.rootDir'), recipe)
    where recipe is not null`.execute(db)
}
