import { deleteSession, deleteSessionsOf, listLiveSessions } from '../../db/sessions.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { visitorOf } from '../auth.ts'
import type { Live } from '../live.ts'
import { IdParams } from '../schemas.ts'
import { clearSessionCookie } from '../sessions.ts'
import { Type } from '../type.ts'
import { SessionView } from '../views.ts'

export function sessionRoutes(app: App, deps: Deps, live: Live): void {
  app.get(
    '/api/sessions',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Where you are logged in, the newest activity first',
        response: { 200: Type.Object({ sessions: Type.Array(SessionView) }) },
      },
    },
    async (request) => {
      const { userId, credential } = visitorOf(request)
      const sessions = await listLiveSessions(deps.db, userId)
      return {
        sessions: sessions.map((it) => ({
          id: it.id,
          createdAt: it.created_at,
          expiresAt: it.expires_at,
          lastSeenAt: it.last_seen_at,
          address: it.address,
          userAgent: it.user_agent,
          isCurrent: it.id === credential.id,
        })),
      }
    },
  )

  app.delete(
    '/api/sessions',
    {
      config: { access: 'session' },
      schema: {
        summary: 'End all your sessions, or all others',
        querystring: Type.Object({ others: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const { userId, credential } = visitorOf(request)
      const others = request.query.others === true
      await deleteSessionsOf(deps.db, userId, others ? credential.id : undefined)
      live.disconnect(
        (it) =>
          it.userId === userId && it.credential.kind === 'session' && !(others && it.credential.id === credential.id),
      )
      deps.events.publish({ type: 'changed', what: 'sessions' })
      await noteVisitor(deps, request, 'sessions.ended', { detail: { others } })
      if (!others) clearSessionCookie(deps, reply)
      return reply.status(204).send()
    },
  )

  app.delete(
    '/api/sessions/:id',
    { config: { access: 'session' }, schema: { summary: 'End one of your sessions', params: IdParams } },
    async (request, reply) => {
      const { userId, credential } = visitorOf(request)
      const { id } = request.params
      if (!(await deleteSession(deps.db, userId, id)))
        throw new AppError('not_found', 'There is no such session: it has ended already.')
      live.disconnect((it) => it.credential.id === id)
      deps.events.publish({ type: 'changed', what: 'sessions' })
      await noteVisitor(deps, request, 'session.ended', { target: id })
      if (id === credential.id) clearSessionCookie(deps, reply)
      return reply.status(204).send()
    },
  )
}
