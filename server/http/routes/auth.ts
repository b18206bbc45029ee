import bcrypt from 'bcryptjs'
import { recordAudit } from '../../db/audit.ts'
import { deleteSessionsOf } from '../../db/sessions.ts'
import { findUserByName, setPasswordHash } from '../../db/users.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import {
  checkPassword,
  clearSessionCookie,
  endSession,
  hashPassword,
  login,
  setSessionCookie,
  visitorOf,
} from '../auth.ts'
import type { Live } from '../live.ts'
import { Type } from '../type.ts'

const UserView = Type.Object({ id: Type.String(), username: Type.String() })
const strict = { additionalProperties: false }

export function authRoutes(app: App, deps: Deps, live: Live): void {
  app.post(
    '/api/auth/login',
    {
      schema: {
        summary: 'Log in',
        body: Type.Object(
          { username: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: 1000 }) },
          strict,
        ),
        response: { 200: Type.Object({ token: Type.String(), expiresAt: Type.String(), user: UserView }) },
      },
    },
    async (request, reply) => {
      const session = await login(deps, request, request.body.username, request.body.password)
      setSessionCookie(deps, reply, session.token, session.expiresAt)
      return session
    },
  )

  app.get(
    '/api/auth/verify',
    { schema: { summary: 'Who am I', response: { 200: Type.Object({ user: UserView, expiresAt: Type.String() }) } } },
    async (request) => {
      const { userId, username, expiresAt } = visitorOf(request)
      return { user: { id: userId, username }, expiresAt }
    },
  )

  app.post('/api/auth/logout', { schema: { summary: 'End this session' } }, async (request, reply) => {
    const visitor = visitorOf(request)
    await endSession(deps, visitor)
    live.closeSessions((sessionId) => sessionId === visitor.sessionId)
    await recordAudit(deps.db, { actor: visitor.username, address: request.ip, action: 'logout' })
    clearSessionCookie(deps, reply)
    return reply.status(204).send()
  })

  app.post(
    '/api/auth/password',
    {
      schema: {
        summary: 'Change the password; every session ends',
        body: Type.Object(
          { currentPassword: Type.String({ maxLength: 1000 }), newPassword: Type.String({ maxLength: 1000 }) },
          strict,
        ),
      },
    },
    async (request, reply) => {
      const visitor = visitorOf(request)
      const hash = await hashPassword(checkPassword(request.body.newPassword, 'newPassword'))
      const user = await findUserByName(deps.db, visitor.username)
      if (!user || !(await bcrypt.compare(request.body.currentPassword, user.password_hash))) {
        throw new AppError('invalid_credentials', 'The current password is wrong.', { field: 'currentPassword' })
      }
      await deps.db.transaction().execute(async (db) => {
        await setPasswordHash(db, user.id, hash)
        await deleteSessionsOf(db, user.id)
        await recordAudit(db, { actor: visitor.username, address: request.ip, action: 'password.changed' })
      })
      live.closeSessions((_sessionId, userId) => userId === user.id)
      clearSessionCookie(deps, reply)
      return reply.status(204).send()
    },
  )
}
