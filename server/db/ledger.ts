import { type Db, type LedgerState, now, type Row } from './schema.ts'

/** One outside effect: what it is and by which name the outside knows it. */
export type Effect = { kind: string; name: string }

export type LedgerEntry = Effect & {
  release: number
  step: string
  state: LedgerState
  at: string
  error: string | null
}

type Owner = { deploymentId: string; release: number; step: string }

const fromRow = (row: Row<'ledger'>): LedgerEntry => ({
  release: row.release,
  step: row.step,
  kind: row.kind,
  name: row.name,
  state: row.state,
  at: row.at,
  error: row.error,
})

/** Writes the state of effects. `pending` goes before the effect and means: it may exist. */
export async function recordEffects(db: Db, owner: Owner, effects: Effect[], state: LedgerState): Promise<void> {
  if (effects.length === 0) return
  const at = now()
  await db
    .insertInto('ledger')
    .values(
      effects.map(({ kind, name }) => ({
        deployment_id: owner.deploymentId,
        release: owner.release,
        step: owner.step,
        kind,
        name,
        state,
        at,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['deployment_id', 'release', 'step', 'kind', 'name']).doUpdateSet({ state, at, error: null }),
    )
    .execute()
}

/** Moves every entry of a step that is not removed yet. */
export async function moveEffects(db: Db, owner: Owner, state: LedgerState, error?: string): Promise<void> {
  await db
    .updateTable('ledger')
    .set({ state, at: now(), error: error ?? null })
    .where('deployment_id', '=', owner.deploymentId)
    .where('release', '=', owner.release)
    .where('step', '=', owner.step)
    .where('state', '!=', 'removed')
    .execute()
}

/** Notes that what carries this name was looked for and is gone. Nothing is written where its deployment is forgotten. */
export async function crossOut(db: Db, owner: Owner, name: string): Promise<void> {
  await db
    .updateTable('ledger')
    .set({ state: 'removed', at: now(), error: null })
    .where('deployment_id', '=', owner.deploymentId)
    .where('release', '=', owner.release)
    .where('step', '=', owner.step)
    .where('name', '=', name)
    .execute()
}

/** Oldest first. */
export async function listLedger(db: Db, deploymentId: string): Promise<LedgerEntry[]> {
  const rows = await db
    .selectFrom('ledger')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .orderBy('id')
    .execute()
  return rows.map(fromRow)
}

/** The entries of all deployments that may still exist. */
export async function listStanding(db: Db): Promise<(LedgerEntry & { deploymentId: string })[]> {
  const rows = await db.selectFrom('ledger').selectAll().where('state', '!=', 'removed').orderBy('id').execute()
  return rows.map((row) => ({ deploymentId: row.deployment_id, ...fromRow(row) }))
}

/** Forgets what is proven gone; what is not stays and keeps its deployment from being forgotten. */
export async function forgetRemoved(db: Db, deploymentId: string): Promise<void> {
  await db.deleteFrom('ledger').where('deployment_id', '=', deploymentId).where('state', '=', 'removed').execute()
}
