import { type Kysely, sql } from 'kysely'

const statements = [
  `create table users (
    id text primary key, username text not null unique, password_hash text not null,
    created_at text not null, updated_at text not null) strict`,
  `create table sessions (
    id text primary key, user_id text not null references users(id) on delete cascade,
    created_at text not null, expires_at text not null, address text not null, user_agent text not null) strict`,
  `create table deployments (
    id text primary key, name text not null, github_url text not null, branch text, root_dir text not null,
    subdomain text not null unique, template text, overrides text not null, volumes text not null, env text not null,
    status text not null, live_release integer, stopped integer not null default 0, keep_volumes integer not null default 0,
    error text, created_at text not null, updated_at text not null) strict`,
  `create table releases (
    deployment_id text not null references deployments(id) on delete restrict, number integer not null,
    subdomain text not null, status text not null, inputs text not null, env text not null, image_from integer,
    "commit" text, recipe text, container_id text, created_at text not null, updated_at text not null,
    primary key (deployment_id, number)) strict`,
  `create table release_steps (
    deployment_id text not null, release integer not null, name text not null, position integer not null,
    state text not null, started_at text not null, ended_at text, error text,
    primary key (deployment_id, release, name),
    foreign key (deployment_id, release) references releases(deployment_id, number) on delete cascade) strict`,
  `create table ledger (
    id integer primary key, deployment_id text not null references deployments(id) on delete restrict,
    release integer not null, step text not null, kind text not null, name text not null,
    state text not null check (state in ('pending', 'present', 'removing', 'removed')), at text not null, error text,
    unique (deployment_id, release, step, kind, name)) strict`,
  `create index ledger_state on ledger(state)`,
  `create table port_registry (
    port integer primary key, deployment_id text references deployments(id) on delete restrict, release integer,
    allocated_at text, released_at text, blocked_reason text, blocked_at text) strict`,
  `create unique index port_owner on port_registry(deployment_id, release)`,
  `create table jobs (
    id integer primary key, deployment_id text not null references deployments(id) on delete cascade,
    kind text not null, release integer, state text not null, attempts integer not null, run_after text, created_at text not null) strict`,
  `create index jobs_deployment on jobs(deployment_id, state)`,
  `create table build_logs (
    deployment_id text not null, release integer not null, seq integer not null, at text not null,
    stream text not null, level text not null, text text not null,
    primary key (deployment_id, release, seq),
    foreign key (deployment_id, release) references releases(deployment_id, number) on delete cascade) strict, without rowid`,
  `create table receipts (
    deployment_id text primary key, name text not null, subdomain text not null, github_url text not null,
    created_at text not null, removed_at text not null, entries text not null) strict`,
  `create table audit_log (
    id integer primary key, at text not null, actor text not null, address text not null, action text not null,
    target text not null, detail text not null) strict`,
  `create index audit_log_action on audit_log(action, at)`,
  `create table settings (key text primary key, value text not null) strict`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
