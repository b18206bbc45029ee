import type { FastifyRequest } from 'fastify'
import { type ApiToken, deleteToken, insertToken, listTokens } from '../../db/tokens.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { visitorOf } from '../auth.ts'
import type { Live } from '../live.ts'
import { IdParams, TokenInput } from '../schemas.ts'
import { makeToken } from '../tokens.ts'
import { Type } from '../type.ts'
import { TokenView } from '../views.ts'

const MOST_TOKENS = 100
const DAY_MS = 24 * 60 * 60_000

export function tokenRoutes(app: App, deps: Deps, live: Live): void {
  app.get(
    '/api/tokens',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Your API tokens, newest first',
        response: { 200: Type.Object({ tokens: Type.Array(TokenView) }) },
      },
    },
    async (request) => ({ tokens: (await listTokens(deps.db, visitorOf(request).userId)).map(present) }),
  )

  app.post(
    '/api/tokens',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Make an API token; the secret is shown this once',
        body: TokenInput,
        response: { 201: Type.Object({ token: TokenView, secret: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { userId } = visitorOf(request)
      const { token, secret } = await createToken(deps, userId, request.body)
      const { name, scope, expires_at: expiresAt } = token
      deps.events.publish({ type: 'changed', what: 'tokens' })
      await noteVisitor(deps, request, 'token.created', { target: token.id, detail: { name, scope, expiresAt } })
      return reply.status(201).send({ token: present(token), secret })
    },
  )

  /** Ends one: it is 401 from now on, and its WebSockets are closed. @throws not_found */
  async function end(request: FastifyRequest, id: string): Promise<void> {
    const token = await deleteToken(deps.db, visitorOf(request).userId, id)
    if (!token) throw new AppError('not_found', 'There is no such API token: it was deleted already.')
    live.disconnect((visitor) => visitor.credential.id === token.id)
    deps.events.publish({ type: 'changed', what: 'tokens' })
    await noteVisitor(deps, request, 'token.deleted', { target: token.id, detail: { name: token.name } })
  }

  app.delete(
    '/api/tokens/:id',
    {
      config: { access: 'session' },
      schema: { summary: 'Delete an API token; it stops working at once', params: IdParams },
    },
    async (request, reply) => {
      await end(request, request.params.id)
      return reply.status(204).send()
    },
  )

  app.delete(
    '/api/tokens/current',
    { config: { access: 'token' }, schema: { summary: 'Delete the API token that asks, as a logout of a program' } },
    async (request, reply) => {
      await end(request, visitorOf(request).credential.id)
      return reply.status(204).send()
    },
  )
}

/** @throws name_in_use, not_possible_now */
async function createToken(
  { db }: Deps,
  userId: string,
  { name, scope, expiresInDays }: TokenInput,
): Promise<{ token: ApiToken; secret: string }> {
  const { secret, hash, prefix } = makeToken()
  const expires_at = expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * DAY_MS).toISOString()
  const token = await db.transaction().execute(async (trx) => {
    const tokens = await listTokens(trx, userId)
    if (tokens.some((it) => it.name === name)) {
      throw new AppError(
        'name_in_use',
        `You have an API token named ${name}. Choose another name, or delete that one.`,
        {
          field: 'name',
        },
      )
    }
    if (tokens.length >= MOST_TOKENS)
      throw new AppError('not_possible_now', `You have ${MOST_TOKENS} API tokens. Delete those that nobody uses.`)
    return insertToken(trx, { user_id: userId, name, scope, hash, prefix, expires_at })
  })
  return { token, secret }
}

const present = (token: ApiToken): TokenView => ({
  id: token.id,
  name: token.name,
  scope: token.scope,
  prefix: token.prefix,
  createdAt: token.created_at,
  expiresAt: token.expires_at,
  lastUsedAt: token.last_used_at,
})
