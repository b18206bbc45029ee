import { type Kysely, sql } from 'kysely'

const statements = [
  // A backup, from before its first effect outside. `target` says where it lies, without what lets one in; `upload` is
  // what S3 knows an unfinished one by; `held` are the containers that were paused or stopped for it and have to go on.
  `create table backups (
    id text primary key,
    name text not null,
    state text not null check (state in ('running', 'succeeded', 'failed')),
    cause text not null,
    target text not null,
    upload text,
    held text not null default '[]',
    size integer,
    contents text,
    message text,
    started_at text not null,
    ended_at text
  ) strict`,
  'create index backups_started on backups(started_at)',
  // Who wanted to hear of everything wants to hear of this, too.
  `update channels set events = json_insert(events, '$[#]', 'backup-failed')
    where json_array_length(events) = 5`,
]

/** Backups: what was made, and where it lies. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
