import { readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import Sqlite from 'sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { appendLog } from '../../server/db/logs.ts'
import { migrations } from '../../server/db/migrations/index.ts'
import { openDatabase } from '../../server/db/open.ts'
import { readSetting, writeSetting } from '../../server/db/settings.ts'
import { toAppError } from '../../server/errors.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'
import { makeFolder } from '../support/temp-folder.ts'

const backupsIn = (folder: string) =>
  readdirSync(folder).includes('backups') && readdirSync(path.join(folder, 'backups'))

/** One migration more, as the next version would bring it. */
function addMigration(up: Migration['up']) {
  migrations['9999-next'] = { up }
  onTestFinished(() => {
    delete migrations['9999-next']
  })
}

test('a fresh database gets its schema and no copy', async () => {
  const folder = makeFolder()
  const db = await openDatabase(folder)
  await writeSetting(db, 'a', 'b')
  expect(await readSetting(db, 'a')).toBe('b')
  expect(backupsIn(folder)).toBe(false)
  await db.destroy()
})

test('it survives the power going: every commit is forced to the disk, and foreign keys hold', async () => {
  const db = await openDatabase(makeFolder())
  const pragma = async (name: string) =>
    Object.values((await sql`pragma ${sql.raw(name)}`.execute(db)).rows[0] as object)
  expect(await pragma('journal_mode')).toEqual(['wal'])
  expect(await pragma('synchronous')).toEqual([2])
  expect(await pragma('foreign_keys')).toEqual([1])
  await db.destroy()
})

test('opened again it holds what it held, without a copy', async () => {
  const folder = makeFolder()
  const first = await openDatabase(folder)
  await writeSetting(first, 'a', 'b')
  await first.destroy()
  const second = await openDatabase(folder)
  expect(await readSetting(second, 'a')).toBe('b')
  expect(backupsIn(folder)).toBe(false)
  await second.destroy()
})

test('before a further migration a whole copy of the old state is put aside', async () => {
  const folder = makeFolder()
  const old = await openDatabase(folder)
  await writeSetting(old, 'a', 'b')
  await old.destroy()

  addMigration(async (db) => void (await sql`alter table settings add column note text`.execute(db)))
  const db = await openDatabase(folder)
  expect((await sql`select note from settings where key = 'a'`.execute(db)).rows).toEqual([{ note: null }])
  await db.destroy()

  const [copy, ...more] = backupsIn(folder) || []
  expect(more).toEqual([])
  expect(copy).toMatch(/-before-9999-next\.db$/)
  const aside = new Sqlite(path.join(folder, 'backups', copy ?? ''), { readonly: true })
  expect(aside.prepare('select value from settings where key = ?').pluck().get('a')).toBe('b')
  expect(aside.pragma('integrity_check', { simple: true })).toBe('ok')
  aside.close()
})

test('a migration that fails half-way leaves the database as it was', async () => {
  const folder = makeFolder()
  const old = await openDatabase(folder)
  await writeSetting(old, 'a', 'b')
  await old.destroy()

  addMigration(async (db) => {
    await sql`alter table settings add column note text`.execute(db)
    await sql`update settings set value = 'changed'`.execute(db)
    await sql`insert into no_such_table values (1)`.execute(db)
  })
  await expect(openDatabase(folder)).rejects.toThrow(/no_such_table/)
  delete migrations['9999-next']

  const db = await openDatabase(folder)
  expect(await readSetting(db, 'a')).toBe('b')
  expect((await sql`select * from settings where key = 'a'`.execute(db)).rows).toEqual([{ key: 'a', value: 'b' }])
  await db.destroy()
})

test('two transactions at once do not mix: the second begins when the first is over', async () => {
  const db = await openDatabase(makeFolder())
  await writeSetting(db, 'n', '0')
  const increment = () =>
    db.transaction().execute(async (trx) => {
      const n = Number(await readSetting(trx, 'n'))
      await new Promise((resolve) => setTimeout(resolve, 1))
      await writeSetting(trx, 'n', String(n + 1))
    })
  await Promise.all(Array.from({ length: 20 }, increment))
  expect(await readSetting(db, 'n')).toBe('20')
  await db.destroy()
})

test('many writes one after another let what else the server does go on in between', async () => {
  const db = await openDatabase(makeFolder())
  const began = performance.now()
  let turns = 0
  const write = async (name: string) => {
    for (let n = 0; performance.now() - began < 400; n++) await writeSetting(db, name, String(n))
  }
  const timer = setInterval(() => {
    turns += 1
  }, 10)
  await Promise.all(['a', 'b', 'c'].map(write))
  clearInterval(timer)
  // Without a turn of the event loop the timer fires once at most, when all is over.
  expect(turns).toBeGreaterThan(5)
  await db.destroy()
})

test('after lines of a build log, stored or not, every commit is forced to the disk again', async () => {
  const db = await makeDatabase()
  const id = await makeDeployment(db)
  const force = sql<{ synchronous: number }>`pragma synchronous`
  const lines = [{ seq: 1, at: '', stream: 'stdout', level: 'info', text: 'one' }]
  await appendLog(db, id, 1, lines)
  expect((await force.execute(db)).rows).toEqual([{ synchronous: 2 }])
  await expect(appendLog(db, 'of nothing', 1, lines)).rejects.toThrow(/FOREIGN KEY/)
  expect((await force.execute(db)).rows).toEqual([{ synchronous: 2 }])
})

test('a transaction that the disk has no room for fails with that reason, and the next goes on', async () => {
  const db = await openDatabase(makeFolder())
  await sql`pragma max_page_count = 1`.execute(db)
  const writes = db.transaction().execute((trx) => writeSetting(trx, 'large', 'x'.repeat(1_000_000)))
  const error = await writes.catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'SQLITE_FULL' })
  expect(toAppError(error)).toMatchObject({ code: 'disk_full', message: expect.stringContaining('Free some space') })
  await sql`pragma max_page_count = 1000000`.execute(db)
  await db.transaction().execute((trx) => writeSetting(trx, 'small', 'x'))
  expect(await readSetting(db, 'small')).toBe('x')
  await db.destroy()
})

test('what is written at once is written in the order it was asked for', async () => {
  const db = await makeDatabase()
  const names = Array.from({ length: 300 }, (_, n) => `n${n}`)
  await Promise.all(names.map((name) => writeSetting(db, name, 'x'.repeat(10_000))))
  const { rows } = await sql<{ key: string }>`select key from settings where key like 'n%' order by rowid`.execute(db)
  expect(rows.map((it) => it.key)).toEqual(names)
})

test('a query that waits for its turn while the database is closed fails, and keeps nobody waiting', async () => {
  const db = await openDatabase(makeFolder())
  await sleep(10)
  const queries = Promise.allSettled([readSetting(db, 'a'), writeSetting(db, 'b', 'c')])
  await db.destroy()
  expect((await queries).map((it) => it.status)).toEqual(['rejected', 'rejected'])
})
