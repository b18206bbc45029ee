import { randomUUID } from 'node:crypto'
import { type Db, now, type Row } from './schema.ts'

export type Session = Row<'sessions'>

export async function insertSession(
  db: Db,
  session: { userId: string; expiresAt: string; address: string; userAgent: string },
): Promise<Session> {
  const at = now()
  return db
    .insertInto('sessions')
    .values({
      id: randomUUID(),
      user_id: session.userId,
      created_at: at,
      last_seen_at: at,
      expires_at: session.expiresAt,
      address: session.address,
      user_agent: session.userAgent.slice(0, 200),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The session with its user's name, when it has not ended. */
export async function findLiveSession(db: Db, id: string): Promise<(Session & { username: string }) | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('sessions')
    .select('users.username')
    .where('sessions.id', '=', id)
    .where('sessions.expires_at', '>', now())
    .executeTakeFirst()
}

/** Those that have not ended, the one that was active last first. */
export async function listLiveSessions(db: Db, userId: string): Promise<Session[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('expires_at', '>', now())
    .orderBy('last_seen_at', 'desc')
    .orderBy('created_at', 'desc')
    .execute()
}

/** Answers whether the session is still there. */
export async function noteSessionUse(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sessions')
    .set({ last_seen_at: now() })
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Answers whether the user had such a session. */
export async function deleteSession(db: Db, userId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('sessions')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

/** Ends every session of a user, but for `except`. */
export async function deleteSessionsOf(db: Db, userId: string, except?: string): Promise<void> {
  let query = db.deleteFrom('sessions').where('user_id', '=', userId)
  if (except !== undefined) query = query.where('id', '!=', except)
  await query.execute()
}

export async function deleteExpiredSessions(db: Db): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<=', now()).execute()
}
