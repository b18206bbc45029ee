import { randomUUID } from 'node:crypto'
import type { WebhookState } from '../states.ts'
import { type Db, type DeploymentStatus, now, type Row, type StoredError } from './schema.ts'

export type EnvVariable = { key: string; value: string; secret: boolean; buildTime: boolean }
export type Volume = { name: string; path: string }
export type Overrides = {
  dockerfile?: string
  /** The stage of the Dockerfile that is built. */
  target?: string
  installCommand?: string
  buildCommand?: string
  startCommand?: string
  /** Runs in the new image before each release starts, such as migrations. */
  releaseCommand?: string
  /** Runs in the version that is live, before a deploy switches anything, such as a backup. */
  preDeployCommand?: string
  /** Runs in the new version once it is live, such as a smoke test. */
  postDeployCommand?: string
  /** The folder of files to serve, of a static site that is built. */
  outputDir?: string
  port?: number
  healthPath?: string
  memoryMb?: number
  cpus?: number
  startTimeoutSeconds?: number
  /** From SIGTERM to SIGKILL. */
  stopSeconds?: number
}

/** What happens after a push, and what is kept. */
export type Delivery = {
  /** Whether a push deploys. */
  autoDeploy: boolean
  /** Globs from the repository's top; a push that changes none of them does not deploy. Empty: every push does. */
  watchPaths: string[]
  /** So many retired releases keep their image, for rollback. */
  keepReleases: number
  previews: Previews
}

export type Previews = {
  isEnabled: boolean
  /** At once. */
  most: number
  /** A preview that nobody pushed to for so many days goes. */
  days: number
  /** Whether pull requests from forks may ask for one; each waits for an approval, and gets no secrets. */
  forks: boolean
  memoryMb?: number
  cpus?: number
}

export const defaultDelivery: Delivery = {
  autoDeploy: true,
  watchPaths: [],
  keepReleases: 5,
  previews: { isEnabled: false, most: 5, days: 14, forks: false },
}

/** How the webhook at GitHub stands. `checkedAt`: when it was looked for. */
export type Webhook = { state: WebhookState; reason?: string; heardAt?: string; checkedAt?: string }

/** What a preview shows. `approvedSha`: the commit of a fork that somebody looked at and let through. */
export type PullRequest = {
  number: number
  title: string
  author: string
  branch: string
  sha: string
  isFork: boolean
  url: string
  approvedSha?: string
  /** Our comment on it. */
  commentId?: number
}

/** What the user made. `env` is sealed: see secrets.ts; its context is the deployment's id. */
export type Deployment = {
  id: string
  name: string
  githubUrl: string
  branch: string | null
  rootDir: string
  subdomain: string
  template: string | null
  overrides: Overrides
  volumes: Volume[]
  env: string
  status: DeploymentStatus
  liveRelease: number | null
  stopped: boolean
  keepVolumes: boolean
  error: StoredError | null
  delivery: Delivery
  webhook: Webhook | null
  /** Sealed. */
  webhookSecret: string | null
  /** Of a preview: the deployment it belongs to. */
  previewOf: string | null
  pullRequest: PullRequest | null
  /** When a preview goes by itself. */
  expiresAt: string | null
  /** Sealed: the environment of its previews; null is its own without the secrets. */
  previewEnv: string | null
  createdAt: string
  updatedAt: string
}

type NewDeployment = Pick<
  Deployment,
  'name' | 'githubUrl' | 'branch' | 'rootDir' | 'subdomain' | 'template' | 'overrides' | 'volumes'
> & { id?: string; env: string } & Partial<Pick<Deployment, 'delivery' | 'previewOf' | 'pullRequest' | 'expiresAt'>>

const parsed = (json: string | null) => (json === null ? null : JSON.parse(json))
const written = (value: unknown) => (value === null ? null : JSON.stringify(value))

/** What an older version did not know yet is as it is by default. */
function readDelivery(json: string): Delivery {
  const stored: Partial<Delivery> = JSON.parse(json)
  return { ...defaultDelivery, ...stored, previews: { ...defaultDelivery.previews, ...stored.previews } }
}

function fromRow(row: Row<'deployments'>): Deployment {
  return {
    id: row.id,
    name: row.name,
    githubUrl: row.github_url,
    branch: row.branch,
    rootDir: row.root_dir,
    subdomain: row.subdomain,
    template: row.template,
    overrides: JSON.parse(row.overrides),
    volumes: JSON.parse(row.volumes),
    env: row.env,
    status: row.status,
    liveRelease: row.live_release,
    stopped: row.stopped === 1,
    keepVolumes: row.keep_volumes === 1,
    error: parsed(row.error),
    delivery: readDelivery(row.delivery),
    webhook: parsed(row.webhook),
    webhookSecret: row.webhook_secret,
    previewOf: row.preview_of,
    pullRequest: parsed(row.pull_request),
    expiresAt: row.expires_at,
    previewEnv: row.preview_env,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** @throws SqliteError `SQLITE_CONSTRAINT_UNIQUE` when another one has the subdomain. */
export async function insertDeployment(db: Db, input: NewDeployment): Promise<Deployment> {
  const at = now()
  const row = await db
    .insertInto('deployments')
    .values({
      id: input.id ?? randomUUID(),
      name: input.name,
      github_url: input.githubUrl,
      branch: input.branch,
      root_dir: input.rootDir,
      subdomain: input.subdomain,
      template: input.template,
      overrides: JSON.stringify(input.overrides),
      volumes: JSON.stringify(input.volumes),
      env: input.env,
      status: 'queued',
      stopped: 0,
      keep_volumes: 0,
      delivery: JSON.stringify(input.delivery ?? defaultDelivery),
      preview_of: input.previewOf ?? null,
      pull_request: written(input.pullRequest ?? null),
      expires_at: input.expiresAt ?? null,
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

export async function findDeployment(db: Db, id: string): Promise<Deployment | undefined> {
  const row = await db.selectFrom('deployments').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/**
 * Whose the name is: the app that has it, or one that is moving away from it and still has a release there. What is
 * named after the subdomain, containers and images, would otherwise be taken from that one.
 */
export async function findBySubdomain(db: Db, subdomain: string): Promise<Deployment | undefined> {
  const row = await db
    .selectFrom('deployments')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb('subdomain', '=', subdomain),
        eb(
          'id',
          'in',
          eb
            .selectFrom('releases')
            .select('deployment_id')
            .where('subdomain', '=', subdomain)
            .where('status', 'not in', ['failed', 'pruned']),
        ),
      ]),
    )
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function listDeployments(db: Db): Promise<Deployment[]> {
  const rows = await db.selectFrom('deployments').selectAll().orderBy('created_at').orderBy('id').execute()
  return rows.map(fromRow)
}

/** The previews of an app, or all there are, oldest first. */
export async function listPreviews(db: Db, appId?: string): Promise<Deployment[]> {
  const query = db.selectFrom('deployments').selectAll().orderBy('created_at').orderBy('id')
  const rows = await (appId === undefined
    ? query.where('preview_of', 'is not', null)
    : query.where('preview_of', '=', appId)
  ).execute()
  return rows.map(fromRow)
}

type Changes = Partial<Omit<Deployment, 'id' | 'createdAt' | 'updatedAt'>>

/** Changes the named columns and nothing else. */
export async function updateDeployment(db: Db, id: string, changes: Changes): Promise<void> {
  const { githubUrl, rootDir, overrides, volumes, liveRelease, stopped, keepVolumes, error, ...more } = changes
  const { delivery, webhook, webhookSecret, previewOf, pullRequest, expiresAt, previewEnv, ...same } = more
  await db
    .updateTable('deployments')
    .set({
      ...same,
      ...(githubUrl !== undefined && { github_url: githubUrl }),
      ...(rootDir !== undefined && { root_dir: rootDir }),
      ...(overrides !== undefined && { overrides: JSON.stringify(overrides) }),
      ...(volumes !== undefined && { volumes: JSON.stringify(volumes) }),
      ...(liveRelease !== undefined && { live_release: liveRelease }),
      ...(stopped !== undefined && { stopped: Number(stopped) }),
      ...(keepVolumes !== undefined && { keep_volumes: Number(keepVolumes) }),
      ...(error !== undefined && { error: written(error) }),
      ...(delivery !== undefined && { delivery: JSON.stringify(delivery) }),
      ...(webhook !== undefined && { webhook: written(webhook) }),
      ...(webhookSecret !== undefined && { webhook_secret: webhookSecret }),
      ...(previewOf !== undefined && { preview_of: previewOf }),
      ...(pullRequest !== undefined && { pull_request: written(pullRequest) }),
      ...(expiresAt !== undefined && { expires_at: expiresAt }),
      ...(previewEnv !== undefined && { preview_env: previewEnv }),
      updated_at: now(),
    })
    .where('id', '=', id)
    .execute()
}

/** Removes the row. SQLite refuses (`SQLITE_CONSTRAINT_FOREIGNKEY`) while it owns a ledger row, a port or a release. */
export async function deleteDeployment(db: Db, id: string): Promise<void> {
  await db.deleteFrom('deployments').where('id', '=', id).execute()
}

export async function countByStatus(db: Db): Promise<{ status: DeploymentStatus; count: number }[]> {
  return db
    .selectFrom('deployments')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute()
}
