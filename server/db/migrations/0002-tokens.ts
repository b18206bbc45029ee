import { type Kysely, sql } from 'kysely'

const statements = [
  `create table api_tokens (
    id text primary key, user_id text not null references users(id) on delete cascade, name text not null,
    scope text not null check (scope in ('read', 'write')), hash text not null unique, prefix text not null,
    created_at text not null, expires_at text, last_used_at text,
    unique (user_id, name)) strict`,
  `alter table sessions add column last_seen_at text not null default ''`,
  `update sessions set last_seen_at = created_at`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
