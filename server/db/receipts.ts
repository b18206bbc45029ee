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

/** Newest first. */
export async function listReceipts(db: Db, limit = 200): Promise<Receipt[]> {
  const rows = await db.selectFrom('receipts').selectAll().orderBy('removed_at', 'desc').limit(limit).execute()
  return rows.map(fromRow)
}

export async function findReceipt(db: Db, deploymentId: string): Promise<Receipt | undefined> {
  const row = await db.selectFrom('receipts').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst()
  return row && fromRow(row)
}
