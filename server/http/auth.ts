import cookie from '@fastify/cookie'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { TokenScope } from '../states.ts'
import { cookieName, identifyBySession } from './sessions.ts'
import { identifyByToken, isApiToken } from './tokens.ts'

/** Who makes a request, and by what: a session of the UI, or an API token. */
export type Visitor = {
  userId: string
  username: string
  scope: TokenScope
  /** Null for a token without an end. */
  expiresAt: string | null
  credential: { kind: 'session' | 'token'; id: string }
}

/** The addresses our own pages are served from. A page of any other origin, a sibling subdomain too, is refused. */
function ownOrigins({ config }: Deps): Set<string> {
  const local = [`http://127.0.0.1:${config.port}`, `http://localhost:${config.port}`]
  return new Set([new URL(config.publicUrl).origin, ...local])
}

/**
 * Who may use a route, as its `config` says. Without it: a session or an API token, which needs the scope `write` for all
 * but GET. `session` is for what decides who gets in, and who is told: an API token that leaked must not be able to make
 * itself permanent, nor to silence the alarms. `token` is for what a token of any scope does to itself.
 */
type Access = 'anyone' | 'session' | 'token'

/**
 * Every route but those for anyone needs a session, from the cookie or as Bearer, or an API token as Bearer. With the
 * cookie, everything that changes something and every WebSocket must come from our own origin.
 */
export async function addAuth(app: FastifyInstance, deps: Deps): Promise<void> {
  const origins = ownOrigins(deps)
  await app.register(cookie)
  app.decorateRequest('visitor', null)
  app.addHook('onRequest', async (request) => {
    const { origin, upgrade } = request.headers
    const { url, config } = request.routeOptions
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method)
    const guarded = changes || upgrade !== undefined
    if (guarded && origin !== undefined && !origins.has(origin)) throw foreignOrigin()
    if (url === undefined || config.access === 'anyone') return
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    const visitor = await identify(deps, bearer, request.cookies[cookieName(deps.config)])
    if (guarded && bearer === undefined && origin === undefined) throw foreignOrigin()
    refuseBeyondScope(visitor, config.access, changes)
    request.visitor = visitor
  })
}

/** @throws unauthenticated */
async function identify(deps: Deps, bearer: string | undefined, cookie: string | undefined): Promise<Visitor> {
  const visitor =
    bearer !== undefined && isApiToken(bearer)
      ? await identifyByToken(deps, bearer)
      : await identifyBySession(deps, bearer ?? cookie)
  if (visitor) return visitor
  throw new AppError('unauthenticated', 'Log in first: there is no session, or it has ended.')
}

/** @throws forbidden */
function refuseBeyondScope({ credential, scope }: Visitor, access: Access | undefined, changes: boolean): void {
  if (access === 'token') {
    if (credential.kind === 'token') return
    throw new AppError('forbidden', 'This is for API tokens. A session ends with POST /api/auth/logout.')
  }
  if (credential.kind === 'token' && access === 'session') {
    throw new AppError(
      'forbidden',
      'An API token cannot manage sessions, API tokens, the password, notifications, where backups go or the connection to GitHub, nor approve what a fork runs here. Log in to do that.',
    )
  }
  if (scope === 'read' && changes) {
    throw new AppError('forbidden', 'This API token is read-only. Use one with the scope “write”, or log in.')
  }
}

const foreignOrigin = () =>
  new AppError(
    'forbidden_origin',
    'This request does not come from the Slipway UI. Set SLIPWAY_PUBLIC_URL to the address you open it at.',
  )

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null
  }
  interface FastifyContextConfig {
    access?: Access
  }
}

/** The visitor of a route that needs one. */
export function visitorOf(request: FastifyRequest): Visitor {
  if (!request.visitor) throw new AppError('unauthenticated', 'Log in first.')
  return request.visitor
}
