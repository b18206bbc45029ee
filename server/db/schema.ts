import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { ErrorCode } from '../errors.ts'
import type {
  BackupCause,
  BackupState,
  ChannelKind,
  DeploymentStatus,
  LedgerState,
  ReleaseStatus,
  RunState,
  StepState,
  TokenScope,
} from '../states.ts'

/** ISO 8601 in UTC, written by `now()`. */
type Timestamp = string

/** A column that holds JSON: T when read through the table's module, text in the table. */
type Json = string

export type { DeploymentStatus, LedgerState, ReleaseStatus, StepState } from '../states.ts'

export type JobKind = 'deploy' | 'remove' | 'stop' | 'start' | 'restart' | 'undo'
export type JobState = 'queued' | 'running'

type UsersTable = {
  id: string
  username: string
  password_hash: string
  created_at: Timestamp
  updated_at: Timestamp
}

type SessionsTable = {
  id: string
  user_id: string
  created_at: Timestamp
  expires_at: Timestamp
  address: string
  user_agent: string
  /** Written at most once a minute. */
  last_seen_at: Timestamp
}

type ApiTokensTable = {
  id: string
  user_id: string
  name: string
  scope: TokenScope
  /** SHA-256 of the token, in hexadecimal digits. The token itself is kept nowhere. */
  hash: string
  prefix: string
  created_at: Timestamp
  expires_at: Timestamp | null
  /** Written at most once a minute. */
  last_used_at: Timestamp | null
}

type DeploymentsTable = {
  id: string
  name: string
  github_url: string
  branch: string | null
  root_dir: string
  subdomain: string
  template: string | null
  overrides: Json
  volumes: Json
  env: string
  status: DeploymentStatus
  /** The release that serves traffic. */
  live_release: number | null
  /** Set while the user wants the app down. */
  stopped: number
  keep_volumes: number
  error: Json | null
  /** What a push does. */
  delivery: Json
  /** How its webhook at GitHub stands. */
  webhook: Json | null
  /** Encrypted. */
  webhook_secret: string | null
  /** Of a preview: the deployment it belongs to, its pull request, and when it goes by itself. */
  preview_of: string | null
  pull_request: Json | null
  expires_at: Timestamp | null
  /** Encrypted: the environment of its previews. */
  preview_env: string | null
  created_at: Timestamp
  updated_at: Timestamp
}

type ReleasesTable = {
  deployment_id: string
  number: number
  subdomain: string
  status: ReleaseStatus
  /** What it is made from: branch, folder, template, overrides, volumes. */
  inputs: Json
  /** Encrypted: the environment it was started with. */
  env: string
  /** A release whose image is used again instead of building one (rollback). */
  image_from: number | null
  commit: Json | null
  /** What choose-template decided. */
  recipe: Json | null
  container_id: string | null
  /** Who or what asked for it. */
  cause: Json
  /** The code of why it was taken out of the queue before it began. */
  dropped: string | null
  created_at: Timestamp
  updated_at: Timestamp
}

type ReleaseStepsTable = {
  deployment_id: string
  release: number
  name: string
  position: number
  state: StepState
  started_at: Timestamp
  ended_at: Timestamp | null
  error: Json | null
}

type LedgerTable = {
  id: Generated<number>
  deployment_id: string
  release: number
  step: string
  kind: string
  name: string
  state: LedgerState
  at: Timestamp
  error: string | null
}

type PortRegistryTable = {
  port: number
  deployment_id: string | null
  release: number | null
  allocated_at: Timestamp | null
  released_at: Timestamp | null
  /** Why the port is passed over although no release holds it: another process does. */
  blocked_reason: string | null
  blocked_at: Timestamp | null
}

type JobsTable = {
  id: Generated<number>
  deployment_id: string
  kind: JobKind
  release: number | null
  state: JobState
  attempts: number
  /** Not before this time: a removal that got stuck waits a little before it goes on. */
  run_after: Timestamp | null
  created_at: Timestamp
}

type BuildLogsTable = {
  deployment_id: string
  release: number
  seq: number
  at: Timestamp
  stream: string
  level: string
  text: string
}

/** What a build held at most, in bytes. */
type BuildUsageTable = { deployment_id: string; release: number; memory: number; disk: number; at: Timestamp }

type ReceiptsTable = {
  deployment_id: string
  name: string
  subdomain: string
  github_url: string
  created_at: Timestamp
  removed_at: Timestamp
  entries: Json
}

type AuditLogTable = {
  id: Generated<number>
  at: Timestamp
  actor: string
  address: string
  action: string
  target: string
  detail: Json
}

/** Deliveries of webhooks that were taken, by GitHub's id, and what came of them. */
type DeliveriesTable = {
  id: string
  deployment_id: string
  event: string
  at: Timestamp
  /** Of a push: what was pushed to, the newest commit, and, if the app wanted it, when: in seconds since 1970, by GitHub's clock. */
  ref: string | null
  sha: string | null
  pushed_at: number | null
  /** SHA-256 of the body, which GitHub signs. */
  digest: string | null
  deployed: number
  reason: string
}

/** SSH keys that read one repository. */
type DeployKeysTable = {
  id: string
  github_url: string
  public_key: string
  /** Encrypted. */
  private_key: string
  deployment_id: string | null
  created_at: Timestamp
}

type SchedulesTable = {
  id: string
  deployment_id: string
  name: string
  cron: string
  time_zone: string
  command: string
  timeout_seconds: number
  is_enabled: number
  created_at: Timestamp
  updated_at: Timestamp
}

type ScheduleRunsTable = {
  id: Generated<number>
  schedule_id: string
  release: number
  started_at: Timestamp
  ended_at: Timestamp | null
  state: RunState
  exit_code: number | null
  message: string | null
  log: Generated<string>
}

type ChannelsTable = {
  id: string
  name: string
  kind: ChannelKind
  /** Encrypted. */
  config: string
  events: Json
  is_enabled: number
  last_sent_at: Timestamp | null
  last_error: string | null
  created_at: Timestamp
  updated_at: Timestamp
}

/** News on its way to a channel; `delivery` is the same for each try. */
type NewsTable = {
  id: Generated<number>
  delivery: string
  channel_id: string
  news: Json
  attempts: Generated<number>
  /** Not before this time: what could not be sent waits a little. */
  run_after: Timestamp | null
  created_at: Timestamp
}

/** What was told of an app. */
type ToldTable = {
  deployment_id: string
  /** The newest release of which it is known how it ended. */
  release: number
  is_failing: number
  is_down: number
  ran_out: number
  down_at: Timestamp | null
  up_at: Timestamp | null
}

/** See db/backups.ts. */
type BackupsTable = {
  id: string
  name: string
  state: BackupState
  cause: BackupCause
  target: Json
  upload: string | null
  held: Generated<Json>
  size: number | null
  contents: Json | null
  message: string | null
  started_at: Timestamp
  ended_at: Timestamp | null
}

type SettingsTable = { key: string; value: string }

export type Schema = {
  users: UsersTable
  sessions: SessionsTable
  api_tokens: ApiTokensTable
  deployments: DeploymentsTable
  releases: ReleasesTable
  release_steps: ReleaseStepsTable
  ledger: LedgerTable
  port_registry: PortRegistryTable
  jobs: JobsTable
  build_logs: BuildLogsTable
  build_usage: BuildUsageTable
  receipts: ReceiptsTable
  audit_log: AuditLogTable
  deliveries: DeliveriesTable
  deploy_keys: DeployKeysTable
  schedules: SchedulesTable
  schedule_runs: ScheduleRunsTable
  channels: ChannelsTable
  news: NewsTable
  told: ToldTable
  backups: BackupsTable
  settings: SettingsTable
}

/** Every query function takes one of these; the caller owns the transaction. */
export type Db = Kysely<Schema> | Transaction<Schema>

export type Row<T extends keyof Schema> = Selectable<Schema[T]>

/** What went wrong, as the API shows it. `port`: where an app listens that was asked at another one. */
export type StoredError = { step?: string; code: ErrorCode; message: string; hint?: string; port?: number }

export const now = (): Timestamp => new Date().toISOString()
