import { randomUUID } from 'node:crypto'
import { type Db, now, type Row } from './schema.ts'

export type User = Row<'users'>

export async function insertUser(db: Db, username: string, passwordHash: string): Promise<User> {
  const at = now()
  return db
    .insertInto('users')
    .values({ id: randomUUID(), username, password_hash: passwordHash, created_at: at, updated_at: at })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function findUserByName(db: Db, username: string): Promise<User | undefined> {
  return db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst()
}

export async function countUsers(db: Db): Promise<number> {
  const row = await db
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return row.count
}

export async function setPasswordHash(db: Db, userId: string, passwordHash: string): Promise<void> {
  await db
    .updateTable('users')
    .set({ password_hash: passwordHash, updated_at: now() })
    .where('id', '=', userId)
    .execute()
}
