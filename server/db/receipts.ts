import { sql } from 'kysely'
import type { Effect } from './ledger.ts'
import type { Db, Row } from './schema.ts'

/** `verified`: it was looked for after the removal and was not there. `kept`: the user asked to keep it. */
export type ReceiptEntry = Effect & {
  release: number
  step: string
  removedAt: string | null
  verified: boolean
  kept?: boolean
}

/** What a delete removed. It outlives the deployment. */
export type Receipt = {
  deploymentId: string
  name: string
  subdomain: string
  githubUrl: string
  createdAt: string
  removedAt: string
  entries: ReceiptEntry[]
}

const fromRow = (row: Row<'receipts'>): Receipt => ({
  deploymentId: row.deployment_id,
  name: row.name,
  subdomain: row.subdomain,
  githubUrl: row.github_url,
  createdAt: row.created_at,
  removedAt: row.removed_at,
  entries: JSON.parse(row.entries),
})

export async function insertReceipt(db: Db, receipt: Receipt): Promise<void> {
  await db
    .insertInto('receipts')
    .values({
      deployment_id: receipt.deploymentId,
      name: receipt.name,
      subdomain: receipt.subdomain,
      github_url: receipt.githubUrl,
      created_at: receipt.createdAt,
      removed_at: receipt.removedAt,
      entries: JSON.stringify(receipt.entries),
    })
    .execute()
}

/** Newest first; `before` leaves out the receipt of that deployment and the newer ones. */
export async function listReceipts(
  db: Db,
  { limit, before, search = '' }: { limit: number; before?: string; search?: string },
): Promise<Receipt[]> {
  let query = db
    .selectFrom('receipts')
    .selectAll()
    .orderBy('removed_at', 'desc')
    .orderBy('deployment_id', 'desc')
    .limit(limit)
  if (before !== undefined) {
    const end = sql`(select removed_at, deployment_id from receipts where deployment_id = ${before})`
    query = query.where(sql<boolean>`(removed_at, deployment_id) < ${end}`)
  }
  if (search !== '') {
    const texts = sql`name || char(10) || subdomain || char(10) || github_url`
    query = query.where(sql<boolean>`instr(lower(${texts}), lower(${search})) > 0`)
  }
  return (await query.execute()).map(fromRow)
}

export async function findReceipt(db: Db, deploymentId: string): Promise<Receipt | undefined> {
  const row = await db.selectFrom('receipts').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst()
  return row && fromRow(row)
}

/** Whether an app or a preview of this subdomain was removed since then. */
export async function hasReceiptSince(db: Db, subdomain: string, since: string): Promise<boolean> {
  const found = await db
    .selectFrom('receipts')
    .select('deployment_id')
    .where('subdomain', '=', subdomain)
    .where('removed_at', '>=', since)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** What users asked to keep when they deleted a deployment: it may still be there. */
export async function listKept(db: Db): Promise<(Effect & { deploymentId: string; app: string })[]> {
  const { rows } = await sql<Effect & { deploymentId: string; app: string }>`
    select distinct entry.value ->> 'kind' as kind, entry.value ->> 'name' as name,
      receipts.deployment_id as deploymentId, receipts.name as app
    from receipts, json_each(receipts.entries) as entry where entry.value ->> 'kept'`.execute(db)
  return rows
}
