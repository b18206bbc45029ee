import { type Db, now, type Row } from './schema.ts'

export type AuditEntry = {
  actor: string
  address: string
  action: string
  target?: string
  detail?: Record<string, unknown>
}

/** Notes who did what. `detail` must hold no secret. */
export async function recordAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      at: now(),
      actor: entry.actor.slice(0, 100),
      address: entry.address,
      action: entry.action,
      target: entry.target ?? '',
      detail: JSON.stringify(entry.detail ?? {}),
    })
    .execute()
}

/** How often `action` was noted since `since`, for one actor or one address. */
export async function countAudit(
  db: Db,
  filter: { action: string; since: string } & ({ actor: string } | { address: string }),
): Promise<number> {
  let query = db
    .selectFrom('audit_log')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('action', '=', filter.action)
    .where('at', '>', filter.since)
  query = 'actor' in filter ? query.where('actor', '=', filter.actor) : query.where('address', '=', filter.address)
  return (await query.executeTakeFirstOrThrow()).count
}

/** Newest first. */
export async function listAudit(db: Db, limit: number): Promise<Row<'audit_log'>[]> {
  return db.selectFrom('audit_log').selectAll().orderBy('id', 'desc').limit(limit).execute()
}

/** What was done to one thing, newest first. */
export async function listAuditOf(
  db: Db,
  { target, actions, limit }: { target: string; actions: string[]; limit: number },
): Promise<Row<'audit_log'>[]> {
  return db
    .selectFrom('audit_log')
    .selectAll()
    .where('target', '=', target)
    .where('action', 'in', actions)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}
