import { createHash, randomBytes } from 'node:crypto'
import { findLiveToken, noteTokenUse } from '../db/tokens.ts'
import type { Deps } from '../deps.ts'
import type { Visitor } from './auth.ts'
import { noteUse } from './last-use.ts'

/** Tells an API token from a session's, and lets scanners find one that was published. */
const MARK = 'slipway_'
const SHOWN_LENGTH = MARK.length + 6

export const isApiToken = (bearer: string) => bearer.startsWith(MARK)

/** A new token, with what of it is stored. 256 random bits need no slow hash: nobody can try them out. */
export function makeToken(): { secret: string; hash: string; prefix: string } {
  const secret = `${MARK}${randomBytes(32).toString('base64url')}`
  return { secret, hash: hashOf(secret), prefix: secret.slice(0, SHOWN_LENGTH) }
}

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')

/**
 * Whose API token it is; undefined when it is unknown, was deleted, or has ended. The hash is what is looked for, so
 * that how long it takes says nothing about the tokens there are.
 */
export async function identifyByToken(deps: Deps, secret: string): Promise<Visitor | undefined> {
  const token = await findLiveToken(deps.db, hashOf(secret))
  if (!token) return undefined
  if (!(await noteUse(deps, token.last_used_at, () => noteTokenUse(deps.db, token.id)))) return undefined
  return {
    userId: token.user_id,
    username: token.username,
    scope: token.scope,
    expiresAt: token.expires_at,
    credential: { kind: 'token', id: token.id },
  }
}
