import { sql } from 'kysely'
import { type Db, now, type Row } from './schema.ts'

export type PortRange = { from: number; to: number }
export type Port = Row<'port_registry'>
type Holder = { deploymentId: string; release: number }

/** How long a port that another process held is passed over before it is tried again. */
const BLOCKED_MS = 10 * 60_000

/** The port a release holds already, if any. */
export async function findPort(db: Db, holder: Holder): Promise<number | undefined> {
  const row = await db
    .selectFrom('port_registry')
    .select('port')
    .where('deployment_id', '=', holder.deploymentId)
    .where('release', '=', holder.release)
    .executeTakeFirst()
  return row?.port
}

/**
 * Claims the lowest free port in one statement, so two claims at once never meet. Ports that another process was seen
 * holding are passed over for ten minutes. Undefined when the range is full.
 */
export async function claimPort(db: Db, holder: Holder, range: PortRange): Promise<number | undefined> {
  const blockedSince = new Date(Date.now() - BLOCKED_MS).toISOString()
  const { rows } = await sql<{ port: number }>`
    with recursive taken(port) as (
      select port from port_registry where deployment_id is not null or blocked_at > ${blockedSince}
    ), candidate(port) as (
      select ${range.from} union all
      select port + 1 from candidate where port <= ${range.to} and port in (select port from taken)
    )
    insert into port_registry (port, deployment_id, release, allocated_at)
      select max(port), ${holder.deploymentId}, ${holder.release}, ${now()} from candidate having max(port) <= ${range.to}
    on conflict (port) do update set deployment_id = excluded.deployment_id, release = excluded.release,
      allocated_at = excluded.allocated_at, released_at = null, blocked_reason = null, blocked_at = null
    returning port`.execute(db)
  return rows[0]?.port
}

/** Gives the release's port back. */
export async function releasePort(db: Db, holder: Holder): Promise<void> {
  await db
    .updateTable('port_registry')
    .set({ deployment_id: null, release: null, released_at: now() })
    .where('deployment_id', '=', holder.deploymentId)
    .where('release', '=', holder.release)
    .execute()
}

/** Gives the port back and remembers why it cannot be used now. */
export async function blockPort(db: Db, port: number, reason: string): Promise<void> {
  const at = now()
  await db
    .updateTable('port_registry')
    .set({ deployment_id: null, release: null, released_at: at, blocked_reason: reason, blocked_at: at })
    .where('port', '=', port)
    .execute()
}

export async function listPorts(db: Db): Promise<Port[]> {
  return db.selectFrom('port_registry').selectAll().orderBy('port').execute()
}
