import { recordAudit } from '../../db/audit.ts'
import { deleteSession, deleteSessionsOf } from '../../db/sessions.ts'
import { setPasswordHash } from '../../db/users.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { visitorOf } from '../auth.ts'
import type { Live } from '../live.ts'
import { checkPasswordChange, login } from '../login.ts'
import { LoginInput, PasswordInput } from '../schemas.ts'
import { clearSessionCookie, setSessionCookie } from '../sessions.ts'
import { LoginView, VisitorView } from '../views.ts'

export function authRoutes(app: App, deps: Deps, live: Live): void {
  app.post(
    '/api/auth/login',
    {
      config: { access: 'anyone' },
      schema: {
        summary: 'Log in',
        body: LoginInput,
        response: { 200: LoginView },
      },
    },
    async (request, reply) => {
      const session = await login(deps, request, request.body.username, request.body.password)
      setSessionCookie(deps, reply, session.token, session.expiresAt)
      return session
    },
  )

  app.get('/api/auth/verify', { schema: { summary: 'Who am I', response: { 200: VisitorView } } }, async (request) => {
    const { userId, username, expiresAt, scope } = visitorOf(request)
    return { user: { id: userId, username }, expiresAt, scope }
  })

  app.post(
    '/api/auth/logout',
    { config: { access: 'session' }, schema: { summary: 'End this session' } },
    async (request, reply) => {
      const { userId, credential } = visitorOf(request)
      await deleteSession(deps.db, userId, credential.id)
      live.disconnect((visitor) => visitor.credential.id === credential.id)
      deps.events.publish({ type: 'changed', what: 'sessions' })
      await noteVisitor(deps, request, 'logout')
      clearSessionCookie(deps, reply)
      return reply.status(204).send()
    },
  )

  app.post(
    '/api/auth/password',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Change the password; every session ends, API tokens stay',
        body: PasswordInput,
      },
    },
    async (request, reply) => {
      const { username } = visitorOf(request)
      const { user, hash } = await checkPasswordChange(deps, request, username, request.body)
      await deps.db.transaction().execute(async (db) => {
        await setPasswordHash(db, user.id, hash)
        await deleteSessionsOf(db, user.id)
        await recordAudit(db, { actor: username, address: request.ip, action: 'password.changed' })
      })
      live.disconnect((visitor) => visitor.userId === user.id && visitor.credential.kind === 'session')
      for (const what of ['sessions', 'audit'] as const) deps.events.publish({ type: 'changed', what })
      clearSessionCookie(deps, reply)
      return reply.status(204).send()
    },
  )
}
