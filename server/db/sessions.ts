import { randomUUID } from 'node:crypto'
import { type Db, now, type Row } from './schema.ts'

export type Session = Row<'sessions'>

export async function insertSession(
  db: Db,
  session: { userId: string; expiresAt: string; address: string; userAgent: string },
): Promise<Session> {
  return db
    .insertInto('sessions')
    .values({
      id: randomUUID(),
      user_id: session.userId,
      created_at: now(),
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

export async function deleteSession(db: Db, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute()
}

export async function deleteSessionsOf(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).execute()
}

export async function deleteExpiredSessions(db: Db): Promise<void> {
  await db.deleteFrom('sessions').where('expires_at', '<=', now()).execute()
}
