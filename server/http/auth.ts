import cookie from '@fastify/cookie'
import bcrypt from 'bcryptjs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import jwt from 'jsonwebtoken'
import { countAudit, recordAudit } from '../db/audit.ts'
import { deleteSession, findLiveSession, insertSession } from '../db/sessions.ts'
import { countUsers, findUserByName, insertUser, type User } from '../db/users.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'

/** Who makes a request. */
export type Visitor = { userId: string; username: string; sessionId: string; expiresAt: string }

const ISSUER = 'slipway'
const SESSION_MS = 7 * 24 * 60 * 60_000
const BCRYPT_ROUNDS = 11
/** Failed logins in 15 minutes until more are refused: per address, and per account from any address. */
const LIMIT_MS = 15 * 60_000
const PER_ADDRESS = 10
const PER_ACCOUNT = 30
/** The hash of nothing anybody knows: an unknown user takes as long as a wrong password. */
const DUMMY_HASH = bcrypt.hashSync(crypto.randomUUID(), BCRYPT_ROUNDS)

/** `__Host-` needs Secure, which browsers also grant to loopback addresses; plain http elsewhere gets a plain name. */
export function cookieName({ publicUrl }: { publicUrl: string }): string {
  const { protocol, hostname } = new URL(publicUrl)
  return protocol === 'https:' || /^(127\.|localhost$|\[::1\])/.test(hostname) ? '__Host-slipway' : 'slipway'
}

/**
 * bcrypt looks at 72 bytes only, so a longer password is refused.
 * @throws invalid_input
 */
export function checkPassword(password: string, field: string): string {
  if (Buffer.byteLength(password) > 72)
    throw new AppError('invalid_input', 'A password has at most 72 bytes.', { field })
  if (password.length < 8) throw new AppError('invalid_input', 'A password has at least 8 characters.', { field })
  return password
}

export const hashPassword = (password: string) => bcrypt.hash(password, BCRYPT_ROUNDS)

/** Makes the admin on the first start. Answers the password when it was made up here, to be printed once. */
export async function ensureAdmin({ config, db }: Deps): Promise<string | undefined> {
  if ((await countUsers(db)) > 0) return undefined
  const password = config.adminPassword ?? Buffer.from(crypto.getRandomValues(new Uint8Array(15))).toString('base64url')
  await insertUser(db, config.adminUsername, await hashPassword(password))
  return config.adminPassword === undefined ? password : undefined
}

/** @throws invalid_credentials, too_many_attempts, invalid_input */
export async function login(deps: Deps, request: FastifyRequest, username: string, password: string) {
  const { db } = deps
  const name = username.normalize('NFKC').trim().slice(0, 100)
  if (Buffer.byteLength(password) > 72)
    throw new AppError('invalid_input', 'A password has at most 72 bytes.', { field: 'password' })
  await refuseBurst(deps, request.ip, name)
  // Noted before the slow comparison, so that a burst of attempts at once counts in full.
  await recordAudit(db, { actor: name, address: request.ip, action: 'login.attempt' })
  const user = await findUserByName(db, name)
  const matches = await bcrypt.compare(password, user?.password_hash ?? DUMMY_HASH)
  if (!user || !matches) {
    await recordAudit(db, { actor: name, address: request.ip, action: 'login.failed' })
    throw new AppError('invalid_credentials', 'The user name or the password is wrong.')
  }
  await recordAudit(db, { actor: name, address: request.ip, action: 'login' })
  return openSession(deps, request, user)
}

async function refuseBurst({ db }: Deps, address: string, actor: string): Promise<void> {
  const since = new Date(Date.now() - LIMIT_MS).toISOString()
  const used = async (by: { address: string } | { actor: string }) => {
    const [attempts, successes] = await Promise.all(
      (['login.attempt', 'login'] as const).map((action) => countAudit(db, { action, since, ...by })),
    )
    return (attempts ?? 0) - (successes ?? 0)
  }
  if ((await used({ address })) >= PER_ADDRESS || (await used({ actor })) >= PER_ACCOUNT) {
    throw new AppError('too_many_attempts', 'Too many failed logins. Wait 15 minutes, then try again.')
  }
}

async function openSession({ db, secrets }: Deps, request: FastifyRequest, user: User) {
  const expiresAt = new Date(Date.now() + SESSION_MS).toISOString()
  const session = await insertSession(db, {
    userId: user.id,
    expiresAt,
    address: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
  })
  const token = jwt.sign({ sid: session.id }, secrets.sessionKey, {
    algorithm: 'HS256',
    issuer: ISSUER,
    subject: user.id,
    expiresIn: SESSION_MS / 1000,
  })
  return { token, expiresAt, user: { id: user.id, username: user.username } }
}

export const endSession = (deps: Deps, visitor: Visitor) => deleteSession(deps.db, visitor.sessionId)

export function setSessionCookie({ config }: Deps, reply: FastifyReply, token: string, expiresAt: string): void {
  const name = cookieName(config)
  const secure = name.startsWith('__Host-')
  reply.setCookie(name, token, { path: '/', httpOnly: true, sameSite: 'lax', secure, expires: new Date(expiresAt) })
}

export function clearSessionCookie({ config }: Deps, reply: FastifyReply): void {
  const name = cookieName(config)
  reply.clearCookie(name, { path: '/', httpOnly: true, sameSite: 'lax', secure: name.startsWith('__Host-') })
}

/** The addresses our own pages are served from. A page of any other origin, a sibling subdomain too, is refused. */
function ownOrigins({ config }: Deps): Set<string> {
  const local = [`http://127.0.0.1:${config.port}`, `http://localhost:${config.port}`]
  return new Set([new URL(config.publicUrl).origin, ...local])
}

const PUBLIC = new Set(['/health', '/api/auth/login'])

/**
 * Every route but those listed needs a session, from the cookie or as Bearer. With the cookie, everything that changes
 * something and every WebSocket must come from our own origin.
 */
export async function addAuth(app: FastifyInstance, deps: Deps): Promise<void> {
  const origins = ownOrigins(deps)
  await app.register(cookie)
  app.decorateRequest('visitor', null)
  app.addHook('onRequest', async (request) => {
    const { origin, upgrade } = request.headers
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method) || upgrade !== undefined
    if (changes && origin !== undefined && !origins.has(origin)) throw foreignOrigin()
    if (PUBLIC.has(request.routeOptions.url ?? '') || request.routeOptions.url === undefined) return
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    const token = bearer ?? request.cookies[cookieName(deps.config)]
    const visitor = await identify(deps, token)
    if (changes && bearer === undefined && origin === undefined) throw foreignOrigin()
    request.visitor = visitor
  })
}

const foreignOrigin = () =>
  new AppError(
    'forbidden_origin',
    'This request does not come from the Slipway UI. Set SLIPWAY_PUBLIC_URL to the address you open it at.',
  )

/** @throws unauthenticated */
export async function identify({ db, secrets }: Deps, token: string | undefined): Promise<Visitor> {
  const sessionId = token === undefined ? undefined : readToken(token, secrets.sessionKey)
  const session = sessionId === undefined ? undefined : await findLiveSession(db, sessionId)
  if (!session) throw new AppError('unauthenticated', 'Log in first: there is no session, or it has ended.')
  return { userId: session.user_id, username: session.username, sessionId: session.id, expiresAt: session.expires_at }
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

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null
  }
}

/** The visitor of a route that needs one. */
export function visitorOf(request: FastifyRequest): Visitor {
  if (!request.visitor) throw new AppError('unauthenticated', 'Log in first.')
  return request.visitor
}
