import { sql } from 'kysely'
import { type CauseKind, movingStatuses } from '../states.ts'
import type { Deployment, Overrides, Volume } from './deployments.ts'
import { type Db, now, type ReleaseStatus, type Row, type StepState, type StoredError } from './schema.ts'

export type Commit = { sha: string; message: string; author: string; at: string }

/** What choose-template decided: how the image is built and how the app is reached. */
export type Recipe = {
  template: string
  /** What the app is, such as `Next.js (standalone)`. */
  framework: string
  /** For people; `release` also runs before the app starts. */
  commands: { install?: string; build?: string; start?: string; release?: string }
  /** What the user and slipway.json say together, where the user wins. */
  settings: Overrides & { template?: string; buildArgs?: Record<string, string> }
  /** Variables that slipway.json brings; the user's own win. */
  env: Record<string, string>
  /** From the repository's top: what is sent to the build. */
  contextFolder: string
  /** Path of the repository's own Dockerfile below that folder, or undefined when `dockerfile` is ours. */
  dockerfilePath?: string
  /** The rendered Dockerfile of a template. */
  dockerfile?: string
  /** Files that the template puts beside the sources, path → text. */
  extraFiles?: Record<string, string>
  /** The port the app listens on inside its container; null until the built image has said it. */
  port: number | null
  healthPath: string
}

export type ReleaseInputs = {
  githubUrl: string
  branch: string | null
  rootDir: string
  template: string | null
  overrides: Overrides
  volumes: Volume[]
  /** Built anew from the first line on, whatever the caches hold. */
  rebuild?: true
  /** This commit, where the repository still has it; by default the newest. */
  commit?: string
}

/** Who or what asked for a release: a user (`by` is the name), a push that was told of or found by asking, a pull request. */
export type Cause = { kind: CauseKind; by?: string; sha?: string }

/**
 * What a release is made from beside the deployment's settings: the image of an earlier one, or nothing that is there.
 * `again`: as an earlier one was made, from its commit.
 */
export type Origin = { imageFrom?: Release; again?: Release; rebuild?: boolean; cause?: Cause }

/** A newer release took its place, or it was called back. */
export type Dropped = 'superseded' | 'cancelled'

/** One build of a deployment, numbered from 1. `env` is sealed like the deployment's. */
export type Release = {
  deploymentId: string
  number: number
  subdomain: string
  status: ReleaseStatus
  inputs: ReleaseInputs
  env: string
  imageFrom: number | null
  commit: Commit | null
  recipe: Recipe | null
  containerId: string | null
  cause: Cause
  /** Why it was taken out of the queue before it began. */
  dropped: Dropped | null
  createdAt: string
  updatedAt: string
}

export type ReleaseStep = {
  name: string
  state: StepState
  startedAt: string
  endedAt: string | null
  error: StoredError | null
}

function fromRow(row: Row<'releases'>): Release {
  return {
    deploymentId: row.deployment_id,
    number: row.number,
    subdomain: row.subdomain,
    status: row.status,
    inputs: JSON.parse(row.inputs),
    env: row.env,
    imageFrom: row.image_from,
    commit: row.commit === null ? null : JSON.parse(row.commit),
    recipe: row.recipe === null ? null : JSON.parse(row.recipe),
    containerId: row.container_id,
    cause: JSON.parse(row.cause),
    dropped: row.dropped as Dropped | null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Notes the next release of a deployment, with its settings as they are now. Call inside a transaction. */
export async function insertRelease(
  db: Db,
  deployment: Deployment,
  { imageFrom, again, rebuild, cause = { kind: 'user' } }: Origin = {},
): Promise<Release> {
  const { next } = await db
    .selectFrom('releases')
    .select((eb) => eb.fn.coalesce(eb.fn.max('number'), eb.lit(0)).as('next'))
    .where('deployment_id', '=', deployment.id)
    .executeTakeFirstOrThrow()
  const { githubUrl, branch, rootDir, template, overrides, volumes } = deployment
  const inputs = { githubUrl, branch, rootDir, template, overrides, volumes, ...(rebuild && { rebuild }) }
  const at = now()
  const row = await db
    .insertInto('releases')
    .values({
      deployment_id: deployment.id,
      number: Number(next) + 1,
      subdomain: deployment.subdomain,
      status: 'queued',
      inputs: JSON.stringify(imageFrom?.inputs ?? (again && { ...again.inputs, commit: again.commit?.sha }) ?? inputs),
      env: imageFrom?.env ?? again?.env ?? deployment.env,
      image_from: imageFrom?.number ?? null,
      commit: imageFrom?.commit ? JSON.stringify(imageFrom.commit) : null,
      recipe: imageFrom?.recipe ? JSON.stringify(imageFrom.recipe) : null,
      cause: JSON.stringify(cause),
      created_at: at,
      updated_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

export async function findRelease(db: Db, deploymentId: string, number: number): Promise<Release | undefined> {
  const row = await db
    .selectFrom('releases')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .where('number', '=', number)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Newest first. */
export async function listReleases(db: Db, deploymentId: string): Promise<Release[]> {
  const rows = await db
    .selectFrom('releases')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .orderBy('number', 'desc')
    .execute()
  return rows.map(fromRow)
}

/** What a list shows of a release: neither its environment nor all that it was made from is read. */
export type ReleaseHead = Pick<
  Release,
  'deploymentId' | 'number' | 'subdomain' | 'status' | 'commit' | 'containerId' | 'createdAt'
> & { template: string | null }

/**
 * What says how an app stands: its newest release, the live one, and those on their way; however long its history is. Of
 * all deployments, or of one. Newest first within a deployment.
 */
export async function listReleaseHeads(db: Db, deploymentId?: string): Promise<ReleaseHead[]> {
  const own = (column: string) => (deploymentId === undefined ? sql`true` : sql`${sql.ref(column)} = ${deploymentId}`)
  const chosen = sql<{ deployment: string; release: number }>`(
    select id as deployment, (select max(number) from releases where deployment_id = deployments.id) as release
      from deployments where ${own('id')}
    union select id, live_release from deployments where ${own('id')}
    union select deployment_id, number from releases where status in (${sql.join(movingStatuses)}) and ${own('deployment_id')})`
  // A cross join keeps SQLite from reading all releases and looking each up among the chosen.
  const rows = await db
    .selectFrom(chosen.as('chosen'))
    .crossJoin('releases')
    .whereRef('deployment_id', '=', 'chosen.deployment')
    .whereRef('number', '=', 'chosen.release')
    .select(['deployment_id', 'number', 'subdomain', 'status', 'commit', 'container_id', 'created_at'])
    .select(sql<string | null>`recipe ->> 'template'`.as('template'))
    .orderBy('deployment_id')
    .orderBy('number', 'desc')
    .execute()
  return rows.map((row) => ({
    deploymentId: row.deployment_id,
    number: row.number,
    subdomain: row.subdomain,
    status: row.status,
    commit: row.commit === null ? null : JSON.parse(row.commit),
    containerId: row.container_id,
    createdAt: row.created_at,
    template: row.template,
  }))
}

/** Whether an earlier release of the deployment was ever live. */
export async function hasServedBefore(db: Db, release: Pick<Release, 'deploymentId' | 'number'>): Promise<boolean> {
  const found = await db
    .selectFrom('releases')
    .select('number')
    .where('deployment_id', '=', release.deploymentId)
    .where('number', '<', release.number)
    .where('status', 'in', ['live', 'retiring', 'retired', 'pruned'])
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** The live releases of the deployments that run. */
export async function listServing(db: Db): Promise<{ deploymentId: string; subdomain: string; release: number }[]> {
  return db
    .selectFrom('deployments')
    .innerJoin('releases', (join) =>
      join.onRef('releases.deployment_id', '=', 'deployments.id').onRef('number', '=', 'live_release'),
    )
    .where('deployments.status', '=', 'running')
    .select(['deployments.id as deploymentId', 'releases.subdomain', 'number as release'])
    .execute()
}

export async function updateRelease(
  db: Db,
  release: Pick<Release, 'deploymentId' | 'number'>,
  changes: {
    status?: ReleaseStatus
    commit?: Commit
    recipe?: Recipe
    containerId?: string | null
    dropped?: Dropped
    cause?: Cause
  },
): Promise<void> {
  await db
    .updateTable('releases')
    .set({
      ...(changes.status !== undefined && { status: changes.status }),
      ...(changes.dropped !== undefined && { dropped: changes.dropped }),
      ...(changes.commit !== undefined && { commit: JSON.stringify(changes.commit) }),
      ...(changes.containerId !== undefined && { container_id: changes.containerId }),
      ...(changes.recipe !== undefined && { recipe: JSON.stringify(changes.recipe) }),
      ...(changes.cause !== undefined && { cause: JSON.stringify(changes.cause) }),
      updated_at: now(),
    })
    .where('deployment_id', '=', release.deploymentId)
    .where('number', '=', release.number)
    .execute()
}

/** Deletes all releases of a deployment, with their steps and build logs. */
export async function deleteReleases(db: Db, deploymentId: string): Promise<void> {
  await db.deleteFrom('releases').where('deployment_id', '=', deploymentId).execute()
}

/**
 * Writes how a step stands. Its times are those of the work: undoing it moves neither, the ledger says when what it made
 * went. One that failed stays so, with its reason, while it is undone.
 */
export async function saveStep(
  db: Db,
  release: Pick<Release, 'deploymentId' | 'number'>,
  step: { name: string; position: number; state: StepState; error?: StoredError },
): Promise<void> {
  const at = now()
  const ended = step.state === 'running' ? null : at
  const error = step.error ? JSON.stringify(step.error) : null
  const isUndoing = step.state === 'undoing' || step.state === 'undone'
  await db
    .insertInto('release_steps')
    .values({
      deployment_id: release.deploymentId,
      release: release.number,
      name: step.name,
      position: step.position,
      state: step.state,
      started_at: at,
      ended_at: ended,
      error,
    })
    .onConflict((conflict) => {
      const update = conflict.columns(['deployment_id', 'release', 'name']).doUpdateSet((eb) => ({
        state: step.state,
        ended_at: isUndoing ? eb.fn.coalesce('release_steps.ended_at', 'excluded.ended_at') : ended,
        error,
        ...(step.state === 'running' && { started_at: at }),
      }))
      return isUndoing ? update.where('release_steps.state', '!=', 'failed') : update
    })
    .execute()
}

export async function listSteps(db: Db, deploymentId: string, release: number): Promise<ReleaseStep[]> {
  const rows = await db
    .selectFrom('release_steps')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .where('release', '=', release)
    .orderBy('position')
    .execute()
  return rows.map((row) => ({
    name: row.name,
    state: row.state,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    error: row.error === null ? null : JSON.parse(row.error),
  }))
}

/** When the work on a release began and ended, and the code of what ended it before it was live. */
export type Span = { startedAt: string | null; endedAt: string | null; failure: string | null }

/** The time that each release of a deployment took, by number; one that has a step running has not ended. */
export async function listSpans(db: Db, deploymentId: string): Promise<Map<number, Span>> {
  const rows = await db
    .selectFrom('release_steps')
    .select(['release', sql<string>`min(started_at)`.as('startedAt')])
    .select(sql<string | null>`iif(count(ended_at) = count(*), max(ended_at), null)`.as('endedAt'))
    .select(sql<string | null>`max(error ->> 'code')`.as('failure'))
    .where('deployment_id', '=', deploymentId)
    .groupBy('release')
    .execute()
  return new Map(rows.map(({ release, ...span }) => [release, span]))
}
