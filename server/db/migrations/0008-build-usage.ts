import { type Kysely, sql } from 'kysely'

/** What the builds of a deployment took, so that the next one begins only where it fits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table build_usage (
    deployment_id text not null references deployments (id) on delete cascade,
    release integer not null,
    memory integer not null,
    disk integer not null,
    at text not null,
    primary key (deployment_id, release)
  ) strict`.execute(db)
}
