import type { FastifyRequest } from 'fastify'
import { type AuditEntry, recordAudit } from '../db/audit.ts'
import type { Deps } from '../deps.ts'
import { visitorOf } from './auth.ts'

/** Notes who did what, and tells the windows that show it. */
export async function note({ db, events }: Pick<Deps, 'db' | 'events'>, entry: AuditEntry): Promise<void> {
  await recordAudit(db, entry)
  events.publish({ type: 'changed', what: 'audit' })
}

/** Notes what the visitor of a request did. `detail` must hold no secret. */
export function noteVisitor(
  deps: Deps,
  request: FastifyRequest,
  action: string,
  about: Pick<AuditEntry, 'target' | 'detail'> = {},
): Promise<void> {
  return note(deps, { actor: visitorOf(request).username, address: request.ip, action, ...about })
}
