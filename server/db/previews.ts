import type { Db } from './schema.ts'

/** The previews of an app that a release was made of; the others wait and have made nothing. */
export async function listBegun(db: Db, appId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('deployments')
    .innerJoin('releases', 'releases.deployment_id', 'deployments.id')
    .select('deployments.id')
    .distinct()
    .where('preview_of', '=', appId)
    .execute()
  return rows.map((it) => it.id)
}
