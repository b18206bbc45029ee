import { type Db, now, type Row } from './schema.ts'

/** What came of an event that GitHub told of. */
export type Outcome = { deployed: boolean; reason: string }

/** One event as one deployment heard of it. `pushedAt` is GitHub's clock, in seconds; of a push that the app did not want, null. */
export type Delivery = Outcome & {
  id: string
  deploymentId: string
  event: string
  at: string
  ref: string | null
  sha: string | null
  pushedAt: number | null
  /** SHA-256 of what GitHub signed; null for those of before. */
  digest: string | null
}

const fromRow = (row: Row<'deliveries'>): Delivery => ({
  id: row.id,
  deploymentId: row.deployment_id,
  event: row.event,
  at: row.at,
  ref: row.ref,
  sha: row.sha,
  pushedAt: row.pushed_at,
  digest: row.digest,
  deployed: row.deployed === 1,
  reason: row.reason,
})

/** Keeps what came of an event. A delivery that is known already is left as it is. */
export async function insertDelivery(db: Db, { deployed, ...delivery }: Omit<Delivery, 'at'>): Promise<void> {
  const { id, deploymentId, event, ref, sha, pushedAt, digest, reason } = delivery
  await db
    .insertInto('deliveries')
    .values({
      id,
      deployment_id: deploymentId,
      event,
      at: now(),
      ref,
      sha,
      pushed_at: pushedAt,
      digest,
      deployed: Number(deployed),
      reason,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Whether a deployment heard of an event before: by GitHub's id, or by its body. The id is not signed, so anybody may change it. */
export async function wasTaken(
  db: Db,
  { deploymentId, id, digest }: Pick<Delivery, 'deploymentId' | 'id' | 'digest'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('deliveries')
    .select('id')
    .where('deployment_id', '=', deploymentId)
    .where((eb) => eb.or([eb('id', '=', id), eb('digest', '=', digest)]))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Newest first. */
export async function listDeliveries(db: Db, deploymentId: string, limit: number): Promise<Delivery[]> {
  const rows = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .orderBy('at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

/** When the newest push to `ref` was made that a deployment wanted, by GitHub's clock. */
export async function lastPushAt(db: Db, deploymentId: string, ref: string): Promise<number | null> {
  const { last } = await db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.max('pushed_at').as('last'))
    .where('deployment_id', '=', deploymentId)
    .where('ref', '=', ref)
    .executeTakeFirstOrThrow()
  return last
}

/** GitHub delivers nothing again that is older than three days. */
export async function deleteOldDeliveries(db: Db, before: string): Promise<void> {
  await db.deleteFrom('deliveries').where('at', '<', before).execute()
}
