import { type Kysely, sql } from 'kysely'

const statements = [
  // What happens after a push. Apps that were there before go on waiting for their owner's word.
  `alter table deployments add column delivery text not null default '{}'`,
  `update deployments set delivery = '{"autoDeploy":false}'`,
  // How the webhook at GitHub stands, and the secret it signs with (sealed).
  'alter table deployments add column webhook text',
  'alter table deployments add column webhook_secret text',
  // A preview is a deployment that belongs to another one: SQLite refuses to forget that one first.
  'alter table deployments add column preview_of text references deployments(id) on delete restrict',
  'alter table deployments add column pull_request text',
  'alter table deployments add column expires_at text',
  // Sealed: the environment of an app's previews.
  'alter table deployments add column preview_env text',
  'create index deployments_preview_of on deployments(preview_of)',
  // Who or what asked for a release.
  `alter table releases add column cause text not null default '{"kind":"user"}'`,

  // Deliveries of webhooks that were taken, and what came of them: one that comes again changes nothing. GitHub gives one
  // event the same id at every hook that hears of it.
  `create table deliveries (
    id text not null,
    deployment_id text not null references deployments(id) on delete cascade,
    event text not null,
    at text not null,
    ref text,
    sha text,
    pushed_at integer,
    deployed integer not null,
    reason text not null,
    primary key (id, deployment_id)
  ) strict`,
  'create index deliveries_deployment on deliveries(deployment_id, at)',

  // SSH keys that read one repository. The private part is sealed.
  `create table deploy_keys (
    id text primary key,
    github_url text not null,
    public_key text not null,
    private_key text not null,
    deployment_id text references deployments(id) on delete restrict,
    created_at text not null
  ) strict`,

  `create table schedules (
    id text primary key,
    deployment_id text not null references deployments(id) on delete cascade,
    name text not null,
    cron text not null,
    time_zone text not null,
    command text not null,
    timeout_seconds integer not null,
    is_enabled integer not null,
    created_at text not null,
    updated_at text not null
  ) strict`,
  `create table schedule_runs (
    id integer primary key autoincrement,
    schedule_id text not null references schedules(id) on delete cascade,
    release integer not null,
    started_at text not null,
    ended_at text,
    state text not null,
    exit_code integer,
    message text,
    log text not null default ''
  ) strict`,
  'create index schedule_runs_schedule on schedule_runs(schedule_id, id)',

  // Where news goes: an address of a webhook, Slack, Discord, mail. The configuration is sealed, for it holds secrets.
  `create table channels (
    id text primary key,
    name text not null,
    kind text not null,
    config text not null,
    events text not null,
    is_enabled integer not null,
    last_sent_at text,
    last_error text,
    created_at text not null,
    updated_at text not null
  ) strict`,
  // News on its way: a row goes when it was sent, or given up. A restart loses none.
  `create table news (
    id integer primary key autoincrement,
    delivery text not null,
    channel_id text not null references channels(id) on delete cascade,
    news text not null,
    attempts integer not null default 0,
    run_after text,
    created_at text not null
  ) strict`,
  'create index news_channel on news(channel_id, id)',
  // What was told of an app, so that nothing is told twice. What happened before this version is no news.
  `create table told (
    deployment_id text primary key references deployments(id) on delete cascade,
    release integer not null default 0,
    is_failing integer not null default 0,
    is_down integer not null default 0,
    ran_out integer not null default 0,
    down_at text,
    up_at text
  ) strict`,
  `insert into told (deployment_id, release, is_down)
    select id, coalesce((select max(number) from releases where deployment_id = deployments.id), 0),
      status = 'failed' and live_release is not null from deployments`,
]

/** Push to deploy: what a push does, previews, scheduled jobs, deploy keys, and where news goes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
