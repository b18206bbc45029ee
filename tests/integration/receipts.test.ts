import path from 'node:path'
import Sqlite from 'sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSlipway, type Slipway } from '../support/slipway.ts'

const COUNT = 250
let slipway: Slipway

/** Receipts of before: two each were written in the same millisecond. */
function writeReceipts(dataDir: string): void {
  const db = new Sqlite(path.join(dataDir, 'slipway.db'))
  const insert = db.prepare('insert into receipts values (?, ?, ?, ?, ?, ?, ?)')
  for (let at = 0; at < COUNT; at++) {
    const removed = new Date(Date.UTC(2026, 0, 1, 0, 0, Math.floor(at / 2))).toISOString()
    const url = `https://github.com/${at % 50 === 0 ? 'Ada' : 'acme'}/app-${at}`
    insert.run(`id-${at}`, `App ${at}`, `app-${at}`, url, removed, removed, '[]')
  }
  db.close()
}

beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
  writeReceipts(slipway.dataDir)
})
afterAll(() => slipway.destroy())

const list = async (query: string): Promise<any[]> => (await slipway.api('GET', `/api/receipts${query}`)).body.receipts

test('pages of them hold each once, the newest first', async () => {
  const all = await list('?limit=1000')
  expect(all).toHaveLength(COUNT)
  expect(all[0].removedAt > all.at(-1).removedAt).toBe(true)
  const pages: any[] = []
  for (let query = '?limit=77'; pages.length < COUNT; query = `?limit=77&before=${pages.at(-1).deploymentId}`)
    pages.push(...(await list(query)))
  expect(pages).toEqual(all)
  expect(await list('')).toHaveLength(200)
})

test('a search looks at name, subdomain and repository of all of them, whatever the case', async () => {
  expect((await list('?search=APP-249')).map((it) => it.name)).toEqual(['App 249'])
  expect(await list('?search=ada/')).toHaveLength(5)
  expect(await list('?search=%25')).toEqual([])
  expect(await list('?before=nobody')).toEqual([])
})

test.each(['?limit=0', '?limit=1001', '?limit=x'])('%s is refused', async (query) => {
  expect(await slipway.api('GET', `/api/receipts${query}`)).toMatchObject({ status: 400, body: { field: 'limit' } })
})
