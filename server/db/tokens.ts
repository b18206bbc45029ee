import { randomUUID } from 'node:crypto'
import { type Db, now, type Row } from './schema.ts'

export type ApiToken = Row<'api_tokens'>

export async function insertToken(
  db: Db,
  token: Pick<ApiToken, 'user_id' | 'name' | 'scope' | 'hash' | 'prefix' | 'expires_at'>,
): Promise<ApiToken> {
  return db
    .insertInto('api_tokens')
    .values({ ...token, id: randomUUID(), created_at: now() })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Newest first, those that have ended too. */
export async function listTokens(db: Db, userId: string): Promise<ApiToken[]> {
  return db
    .selectFrom('api_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
}

/** The token with its user's name, when it has not ended. */
export async function findLiveToken(db: Db, hash: string): Promise<(ApiToken & { username: string }) | undefined> {
  return db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .selectAll('api_tokens')
    .select('users.username')
    .where('hash', '=', hash)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now())]))
    .executeTakeFirst()
}

/** Answers whether the token is still there. */
export async function noteTokenUse(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_tokens')
    .set({ last_used_at: now() })
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Answers what was deleted; undefined when the user has no such token. */
export async function deleteToken(db: Db, userId: string, id: string): Promise<ApiToken | undefined> {
  return db
    .deleteFrom('api_tokens')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .returningAll()
    .executeTakeFirst()
}
