import { randomUUID } from 'node:crypto'
import { type Db, now, type Row } from './schema.ts'

/** An SSH key that reads one repository. `privateKey` is sealed; its context is the key's id. */
export type DeployKey = {
  id: string
  githubUrl: string
  publicKey: string
  privateKey: string
  /** The deployment that it was made for, once there is one. */
  deploymentId: string | null
  createdAt: string
}

const fromRow = (row: Row<'deploy_keys'>): DeployKey => ({
  id: row.id,
  githubUrl: row.github_url,
  publicKey: row.public_key,
  privateKey: row.private_key,
  deploymentId: row.deployment_id,
  createdAt: row.created_at,
})

/** `seal` makes the private part unreadable, bound to the id that the key gets. */
export async function insertDeployKey(
  db: Db,
  { githubUrl, publicKey, seal }: { githubUrl: string; publicKey: string; seal: (id: string) => string },
): Promise<DeployKey> {
  const id = randomUUID()
  const row = await db
    .insertInto('deploy_keys')
    .values({ id, github_url: githubUrl, public_key: publicKey, private_key: seal(id), created_at: now() })
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

export async function findDeployKey(db: Db, id: string): Promise<DeployKey | undefined> {
  const row = await db.selectFrom('deploy_keys').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/** The key that the deployment was made with. */
export async function findKeyOfDeployment(db: Db, deploymentId: string): Promise<DeployKey | undefined> {
  const row = await db
    .selectFrom('deploy_keys')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Oldest first. */
export async function listDeployKeys(db: Db, githubUrl?: string): Promise<DeployKey[]> {
  const rows = await db
    .selectFrom('deploy_keys')
    .selectAll()
    .$if(githubUrl !== undefined, (query) => query.where('github_url', '=', githubUrl ?? ''))
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(fromRow)
}

/** Gives a key that nobody has yet to a deployment. Answers whether it did. */
export async function assignDeployKey(db: Db, id: string, deploymentId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('deploy_keys')
    .set({ deployment_id: deploymentId })
    .where('id', '=', id)
    .where('deployment_id', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function deleteDeployKey(db: Db, id: string): Promise<void> {
  await db.deleteFrom('deploy_keys').where('id', '=', id).execute()
}

export async function deleteKeyOfDeployment(db: Db, deploymentId: string): Promise<void> {
  await db.deleteFrom('deploy_keys').where('deployment_id', '=', deploymentId).execute()
}
