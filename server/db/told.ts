import type { Db, Row } from './schema.ts'

/** What was told of an app, so that nothing is told twice. */
export type Told = {
  /** The newest release of which it is known how it ended. */
  release: number
  /** The last deploy that came to an end failed. */
  isFailing: boolean
  isDown: boolean
  /** That it ran out of memory was told; an app that runs on keeps that error until its next start. */
  ranOut: boolean
  /** When it was told that the app is down. */
  downAt: string | null
  /** Since when it runs again, while it still counts as down. */
  upAt: string | null
}

const NOTHING: Told = { release: 0, isFailing: false, isDown: false, ranOut: false, downAt: null, upAt: null }

const fromRow = (row: Row<'told'>): Told => ({
  release: row.release,
  isFailing: row.is_failing === 1,
  isDown: row.is_down === 1,
  ranOut: row.ran_out === 1,
  downAt: row.down_at,
  upAt: row.up_at,
})

export async function findTold(db: Db, deploymentId: string): Promise<Told> {
  const row = await db.selectFrom('told').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst()
  return row ? fromRow(row) : NOTHING
}

export async function saveTold(db: Db, deploymentId: string, told: Told): Promise<void> {
  const values = {
    release: told.release,
    is_failing: Number(told.isFailing),
    is_down: Number(told.isDown),
    ran_out: Number(told.ranOut),
    down_at: told.downAt,
    up_at: told.upAt,
  }
  await db
    .insertInto('told')
    .values({ deployment_id: deploymentId, ...values })
    .onConflict((conflict) => conflict.column('deployment_id').doUpdateSet(values))
    .execute()
}
