import type { FastifyReply, FastifyRequest } from 'fastify'
import jwt from 'jsonwebtoken'
import { findLiveSession, insertSession, noteSessionUse } from '../db/sessions.ts'
import { findUserByName, type User } from '../db/users.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Visitor } from './auth.ts'
import { noteUse } from './last-use.ts'

const ISSUER = 'slipway'
const SESSION_MS = 7 * 24 * 60 * 60_000

/** `__Host-` needs Secure, which browsers also grant to loopback addresses; plain http elsewhere gets a plain name. */
export function cookieName({ publicUrl }: { publicUrl: string }): string {
  const { protocol, hostname } = new URL(publicUrl)
  return protocol === 'https:' || /^(127\.|localhost$|\[::1\])/.test(hostname) ? '__Host-slipway' : 'slipway'
}

export function setSessionCookie({ config }: Deps, reply: FastifyReply, token: string, expiresAt: string): void {
  const name = cookieName(config)
  const secure = name.startsWith('__Host-')
  reply.setCookie(name, token, { path: '/', httpOnly: true, sameSite: 'lax', secure, expires: new Date(expiresAt) })
}

export function clearSessionCookie({ config }: Deps, reply: FastifyReply): void {
  const name = cookieName(config)
  reply.clearCookie(name, { path: '/', httpOnly: true, sameSite: 'lax', secure: name.startsWith('__Host-') })
}

/**
 * A row, and a signed token that names it: for a user whose password was proved, and is still that one. A change ends all
 * sessions, and none is to begin after it by the old password.
 * @throws invalid_credentials
 */
export async function openSession({ db, events, secrets }: Deps, request: FastifyRequest, user: User) {
  const expiresAt = new Date(Date.now() + SESSION_MS).toISOString()
  const session = await db.transaction().execute(async (trx) => {
    const current = await findUserByName(trx, user.username)
    if (current?.password_hash !== user.password_hash)
      throw new AppError('invalid_credentials', 'The password was changed meanwhile. Log in with the new one.')
    return insertSession(trx, {
      userId: user.id,
      expiresAt,
      address: request.ip,
      userAgent: request.headers['user-agent'] ?? '',
    })
  })
  events.publish({ type: 'changed', what: 'sessions' })
  const token = jwt.sign({ sid: session.id }, secrets.sessionKey, {
    algorithm: 'HS256',
    issuer: ISSUER,
    subject: user.id,
    expiresIn: SESSION_MS / 1000,
  })
  return { token, expiresAt, user: { id: user.id, username: user.username } }
}

/** Whose session a token names; undefined when the token is not ours, or the session has ended. */
export async function identifyBySession(deps: Deps, token: string | undefined): Promise<Visitor | undefined> {
  const id = token === undefined ? undefined : readToken(token, deps.secrets.sessionKey)
  const session = id === undefined ? undefined : await findLiveSession(deps.db, id)
  if (!session) return undefined
  if (!(await noteUse(deps, session.last_seen_at, () => noteSessionUse(deps.db, session.id)))) return undefined
  return {
    userId: session.user_id,
    username: session.username,
    scope: 'write',
    expiresAt: session.expires_at,
    credential: { kind: 'session', id: session.id },
  }
}

function readToken(token: string, key: Buffer): string | undefined {
  try {
    const payload = jwt.verify(token, key, { algorithms: ['HS256'], issuer: ISSUER })
    return typeof payload === 'object' && typeof payload.sid === 'string' ? payload.sid : undefined
  } catch (error) {
    // A payload that is no JSON comes out of jsonwebtoken as a bare SyntaxError.
    if (error instanceof jwt.JsonWebTokenError || error instanceof SyntaxError) return undefined
    throw error
  }
}
