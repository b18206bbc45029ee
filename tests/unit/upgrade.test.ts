import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import Sqlite from 'sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { migrations } from '../../server/db/migrations/index.ts'
import { openDatabase } from '../../server/db/open.ts'
import { readSetting, writeSetting } from '../../server/db/settings.ts'
import { NewerDatabaseError } from '../../server/errors.ts'
import { VERSION } from '../../server/version.ts'
import { makeFolder } from '../support/temp-folder.ts'

const changeNothing: Migration['up'] = async (db) => void (await sql`create table newer (id integer)`.execute(db))

/** Opens the folder as the next version does, which has a migration more, and closes it. */
async function openAsNext(folder: string, up = changeNothing): Promise<void> {
  migrations['9999-next'] = { up }
  onTestFinished(() => {
    delete migrations['9999-next']
  })
  try {
    const db = await openDatabase(folder)
    await writeSetting(db, 'slipway.version', '99.0.0')
    await db.destroy()
  } finally {
    delete migrations['9999-next']
  }
}

async function openNow(folder: string): Promise<void> {
  await (await openDatabase(folder)).destroy()
}

const refusal = (folder: string) =>
  openNow(folder).then(
    () => undefined,
    (error: unknown) => error as Error,
  )

const backupsIn = (folder: string) => readdirSync(path.join(folder, 'backups')).sort()

/** What the file says, whether or not it lies in the log still. */
function contentOf(folder: string): string {
  const sqlite = new Sqlite(path.join(folder, 'slipway.db'))
  const tables = sqlite.prepare(`select name from sqlite_master where type = 'table' order by 1`).pluck().all()
  const rows = tables.map((table) => [table, sqlite.prepare(`select * from "${table}"`).raw().all()])
  sqlite.close()
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
}

test('a database of a newer version is refused: both versions are named, and the copy to go back to', async () => {
  const folder = makeFolder()
  await openNow(folder)
  await openAsNext(folder)
  const before = contentOf(folder)
  const error = await refusal(folder)
  expect(error).toBeInstanceOf(NewerDatabaseError)
  const newest = Object.keys(migrations).at(-1)
  const [copy] = backupsIn(folder)
  expect(error?.message).toContain('Slipway 99.0.0 (schema 9999-next)')
  expect(error?.message).toContain(`This is Slipway ${VERSION} (schema ${newest})`)
  expect(error?.message).toContain(path.join(folder, 'backups', copy ?? 'none'))
  expect(error?.message).toContain('docs/upgrading.md')
  expect(contentOf(folder)).toBe(before)
})

test('with the copy put back, the older version starts with what it knew then', async () => {
  const folder = makeFolder()
  const db = await openDatabase(folder)
  await writeSetting(db, 'a', 'before')
  await db.destroy()
  await openAsNext(folder)
  const [copy = ''] = backupsIn(folder)
  writeFileSync(path.join(folder, 'slipway.db'), readFileSync(path.join(folder, 'backups', copy)))
  const again = await openDatabase(folder)
  expect(await readSetting(again, 'a')).toBe('before')
  expect(await readSetting(again, 'slipway.version')).toBe(VERSION)
  await again.destroy()
})

test('a newer version whose settings are kept otherwise is refused all the same', async () => {
  const folder = makeFolder()
  await openNow(folder)
  await openAsNext(folder)
  const sqlite = new Sqlite(path.join(folder, 'slipway.db'))
  sqlite.exec('alter table settings rename to preferences')
  sqlite.close()
  expect((await refusal(folder))?.message).toMatch(
    /newer Slipway: one whose version cannot be read \(schema 9999-next\)/,
  )
})

test('the five newest copies stay, and with them whatever else lies in the folder', async () => {
  const folder = makeFolder()
  await openNow(folder)
  mkdirSync(path.join(folder, 'backups'))
  const old = [1, 2, 3, 4, 5, 6].map((day) => `2026-01-0${day}T00-00-00-000Z-before-0002-tokens.db`)
  const part = '2026-01-07T00-00-00-000Z-before-0002-tokens.db.part'
  const foreign = ['slipway-2026-01-01.tar.age', 'before-0002.db']
  for (const name of [...old, part, ...foreign]) writeFileSync(path.join(folder, 'backups', name), '')
  await openAsNext(folder)
  const left = backupsIn(folder)
  expect(left.slice(0, 4)).toEqual(old.slice(2))
  expect(left[4]).toMatch(/-before-9999-next\.db$/)
  expect(left.slice(5)).toEqual(foreign.toSorted())
})

test('the copy that was just made stays, also beside five that a wrong clock dated into the future', async () => {
  const folder = makeFolder()
  await openNow(folder)
  mkdirSync(path.join(folder, 'backups'))
  for (const day of [1, 2, 3, 4, 5])
    writeFileSync(path.join(folder, 'backups', `2999-01-0${day}T00-00-00-000Z-before-0002-tokens.db`), '')
  await openAsNext(folder)
  expect(backupsIn(folder)).toContainEqual(expect.stringMatching(/-before-9999-next\.db$/))
})

test('no copy, no change: where none can be put aside the database stays as it is, and says why', async () => {
  const folder = makeFolder()
  await openNow(folder)
  writeFileSync(path.join(folder, 'backups'), 'a file where the folder should be')
  const before = contentOf(folder)
  await expect(openAsNext(folder)).rejects.toThrow(/no copy of it could be put into .*backups.*Nothing was changed/)
  expect(contentOf(folder)).toBe(before)
})

test('a migration that fails is told with the version, and where the copy is', async () => {
  const folder = makeFolder()
  await openNow(folder)
  const fail: Migration['up'] = async (db) => void (await sql`insert into no_such_table values (1)`.execute(db))
  await expect(openAsNext(folder, fail)).rejects.toThrow(
    /to the schema of Slipway .*no_such_table.* It is as it was before\. A copy is in .*-before-9999-next\.db/,
  )
  await openNow(folder)
})

test('one that fails at every start leaves one copy, and those from before other migrations', async () => {
  const folder = makeFolder()
  await openNow(folder)
  mkdirSync(path.join(folder, 'backups'))
  const old = '2026-01-01T00-00-00-000Z-before-0002-tokens.db'
  writeFileSync(path.join(folder, 'backups', old), '')
  const fail: Migration['up'] = async (db) => void (await sql`insert into no_such_table values (1)`.execute(db))
  for (let start = 0; start < 3; start++) await expect(openAsNext(folder, fail)).rejects.toThrow('no_such_table')
  expect(backupsIn(folder)).toEqual([old, expect.stringMatching(/-before-9999-next\.db$/)])
})
