import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { migrations } from '../../server/db/migrations/index.ts'
import { openDatabase } from '../../server/db/open.ts'
import { makeFolder } from '../support/temp-folder.ts'

/** Opens the folder as the version did that ended with `last`. */
async function openAsOf(folder: string, last: string) {
  const later = Object.entries(migrations).filter(([name]) => name > last)
  for (const [name] of later) delete migrations[name]
  try {
    return await openDatabase(folder)
  } finally {
    Object.assign(migrations, Object.fromEntries(later))
  }
}

test('0002: sessions of before go on, last seen when they began', async () => {
  const folder = makeFolder()
  const old = await openAsOf(folder, '0001-foundation')
  await sql`insert into users values ('u', 'admin', 'hash', '2026-01-01', '2026-01-01')`.execute(old)
  await sql`insert into sessions values ('s', 'u', '2026-01-02', '2027-01-01', '127.0.0.1', 'curl')`.execute(old)
  await old.destroy()

  const db = await openDatabase(folder)
  expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([
    {
      id: 's',
      user_id: 'u',
      created_at: '2026-01-02',
      expires_at: '2027-01-01',
      address: '127.0.0.1',
      user_agent: 'curl',
      last_seen_at: '2026-01-02',
    },
  ])
  await db.destroy()
})

test('0002: a token goes with its user, and its scope is one of two', async () => {
  const db = await openDatabase(makeFolder())
  await sql`insert into users values ('u', 'admin', 'hash', '2026-01-01', '2026-01-01')`.execute(db)
  const insert = (id: string, scope: string) =>
    sql`insert into api_tokens values (${id}, 'u', ${id}, ${scope}, ${id}, '', '', null, null)`.execute(db)
  await insert('t', 'read')
  await expect(insert('x', 'admin')).rejects.toThrow(/CHECK/)
  await sql`delete from users`.execute(db)
  expect(await db.selectFrom('api_tokens').selectAll().execute()).toEqual([])
  await db.destroy()
})
