import { sql } from 'kysely'
import { type Db, type JobKind, now, type Row } from './schema.ts'

export type Job = {
  id: number
  deploymentId: string
  kind: JobKind
  release: number | null
  state: 'queued' | 'running'
  attempts: number
  runAfter: string | null
}

const fromRow = (row: Row<'jobs'>): Job => ({
  id: row.id,
  deploymentId: row.deployment_id,
  kind: row.kind,
  release: row.release,
  state: row.state,
  attempts: row.attempts,
  runAfter: row.run_after,
})

/** `runAfter`: not before this time. */
export async function insertJob(
  db: Db,
  deploymentId: string,
  kind: JobKind,
  release?: number,
  runAfter: string | null = null,
): Promise<void> {
  await db
    .insertInto('jobs')
    .values({
      deployment_id: deploymentId,
      kind,
      release: release ?? null,
      state: 'queued',
      attempts: 0,
      run_after: runAfter,
      created_at: now(),
    })
    .execute()
}

/** Oldest first. */
export async function listJobs(
  db: Db,
  filter: { deploymentId?: string; state?: 'queued' | 'running' } = {},
): Promise<Job[]> {
  let query = db.selectFrom('jobs').selectAll().orderBy('id')
  if (filter.deploymentId !== undefined) query = query.where('deployment_id', '=', filter.deploymentId)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  return (await query.execute()).map(fromRow)
}

/**
 * Marks a job as running and counts the attempt. Answers whether it still waited, and was still of this kind: a deploy
 * that is dropped may become an undo.
 */
export async function startJob(db: Db, { id, kind }: Pick<Job, 'id' | 'kind'>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set((eb) => ({ state: 'running', attempts: eb('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('kind', '=', kind)
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Puts a job back into the queue, to be run after `runAfter` at the earliest. */
export async function requeueJob(db: Db, id: number, runAfter: string | null = null): Promise<void> {
  await db.updateTable('jobs').set({ state: 'queued', run_after: runAfter }).where('id', '=', id).execute()
}

/**
 * Lets a job that waits for its time wait until another one; one that may start at once stays so. Answers whether it
 * still waited to be started.
 */
export async function postponeJob(db: Db, id: number, runAfter: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ run_after: sql`iif(run_after is null, null, ${runAfter})` })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** The deploy failed; from now on the job is about what it left behind. */
export async function turnIntoUndo(db: Db, id: number): Promise<void> {
  await db.updateTable('jobs').set({ kind: 'undo' }).where('id', '=', id).execute()
}

/** Lets the waiting jobs of a deployment run at once. */
export async function hurryJobs(db: Db, deploymentId: string): Promise<void> {
  await db.updateTable('jobs').set({ run_after: null }).where('deployment_id', '=', deploymentId).execute()
}

export async function deleteJob(db: Db, id: number): Promise<void> {
  await db.deleteFrom('jobs').where('id', '=', id).execute()
}
