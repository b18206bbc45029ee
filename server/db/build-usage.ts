import { type Db, now } from './schema.ts'

/** The most that a build held at one time, in bytes. */
export type Taken = { memory: number; disk: number }

/** The last builds count; more are not kept. */
const KEPT = 3

/** Notes what a build took, instead of what was noted of an earlier attempt. Call inside a transaction. */
export async function noteBuildUsage(
  db: Db,
  { deploymentId, number }: { deploymentId: string; number: number },
  { memory, disk }: Taken,
): Promise<void> {
  const row = { memory: Math.round(memory), disk: Math.round(disk), at: now() }
  await db
    .insertInto('build_usage')
    .values({ deployment_id: deploymentId, release: number, ...row })
    .onConflict((conflict) => conflict.columns(['deployment_id', 'release']).doUpdateSet(row))
    .execute()
  await db
    .deleteFrom('build_usage')
    .where('deployment_id', '=', deploymentId)
    .where('release', 'not in', (eb) =>
      eb
        .selectFrom('build_usage')
        .select('release')
        .where('deployment_id', '=', deploymentId)
        .orderBy('release', 'desc')
        .limit(KEPT),
    )
    .execute()
}

/** The most that the last builds of a deployment took; undefined when none is known. */
export async function findBuildUsage(db: Db, deploymentId: string): Promise<Taken | undefined> {
  const { memory, disk } = await db
    .selectFrom('build_usage')
    .select((eb) => [eb.fn.max('memory').as('memory'), eb.fn.max('disk').as('disk')])
    .where('deployment_id', '=', deploymentId)
    .executeTakeFirstOrThrow()
  return memory === null || disk === null ? undefined : { memory: Number(memory), disk: Number(disk) }
}
