import path from 'node:path'
import Sqlite from 'sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listDeployKeys } from '../../server/db/deploy-keys.ts'
import { migrations } from '../../server/db/migrations/index.ts'
import { openDatabase } from '../../server/db/open.ts'
import { dumpKey, dumpNames, dumpPassword, loadDump } from '../support/database-dumps.ts'
import { type Inside, makeInside } from '../support/inside.ts'
import { makeFolder } from '../support/temp-folder.ts'

const SHOP = '00000001-1111-4111-8111-111111111111'
const BROKEN = '00000003-1111-4111-8111-111111111113'

test('of each version of the schema a database is kept (after a new one: node tests/fixtures/databases/add.ts)', () => {
  expect(dumpNames).toEqual(Object.keys(migrations))
})

/** What makes the tables, and what SQLite finds wrong with the rows. */
function examine(folder: string) {
  const sqlite = new Sqlite(path.join(folder, 'slipway.db'), { readonly: true })
  const schema = sqlite.prepare('select name, sql from sqlite_master order by name').all()
  const problems = [sqlite.pragma('integrity_check', { simple: true }), ...(sqlite.pragma('foreign_key_check') as [])]
  sqlite.close()
  return { schema, problems }
}

describe.each(dumpNames)('a database of %s', (name) => {
  const since = <T>(version: string, rows: T[]): T[] => (name >= version ? rows : [])
  let inside: Inside
  let token = ''
  let next = ''

  beforeAll(async () => {
    const env = { SLIPWAY_SECRET_KEY: dumpKey }
    inside = await makeInside(env, (folder) => loadDump(name, path.join(folder, 'slipway.db')))
  })
  afterAll(() => inside.close())

  async function get(url: string, bearer = token) {
    const reply = await inside.app.inject({ url, headers: { authorization: `Bearer ${bearer}` } })
    expect([url, reply.statusCode]).toEqual([url, 200])
    return reply.json()
  }

  test('becomes what a new one is, and SQLite finds nothing wrong with it', async () => {
    const folder = makeFolder()
    await (await openDatabase(folder)).destroy()
    const now = examine(inside.deps.config.dataDir)
    expect(now.problems).toEqual(['ok'])
    expect(now.schema).toEqual(examine(folder).schema)
  })

  test('lets the admin of then in, and the API tokens', async () => {
    const payload = { username: 'admin', password: dumpPassword }
    const reply = await inside.app.inject({ method: 'POST', url: '/api/auth/login', payload })
    expect(reply.statusCode).toBe(200)
    token = reply.json().token
    const { tokens } = await get('/api/tokens')
    expect(tokens.map((it: { name: string }) => it.name)).toEqual(since('0002', ['ci']))
    for (const old of since('0002', ['slipway_fixture'])) await get('/api/deployments', old)
  })

  test('shows every app as it was, with what belongs to it', async () => {
    const { deployments } = await get('/api/deployments')
    const known = Object.fromEntries(deployments.map((it: { name: string }) => [it.name, it]))
    next = known.next?.id
    expect(known).toMatchObject({ shop: { status: 'running' }, blog: { status: 'stopped' } })
    expect(known.broken).toMatchObject({ status: 'failed', error: { code: 'build_failed' } })
    expect(Object.keys(known)).toHaveLength(3 + since('0004', ['next']).length + since('0005', ['next #7']).length)
    for (const { id } of deployments)
      for (const part of ['', '/releases', '/env', '/ledger']) await get(`/api/deployments/${id}${part}`)
    const { deployment } = await get(`/api/deployments/${SHOP}`)
    expect(deployment).toMatchObject({ port: 3001, release: 2, commit: { sha: '2'.repeat(40), author: 'Ada' } })
    // Of before pushes deployed: it waits for its owner's word
    expect(deployment.delivery.autoDeploy).toBe(false)
  })

  test('reads what was sealed then', async () => {
    const { env } = await get(`/api/deployments/${SHOP}/env`)
    expect(env).toEqual(expect.arrayContaining([expect.objectContaining({ key: 'GREETING', value: 'Grüße\n"$HOME"' })]))
    expect(JSON.stringify(env)).not.toContain('s3cret')
    const { channels } = await get('/api/channels')
    expect(channels).toMatchObject(since('0005', [{ name: 'team', kind: 'slack' }]))
    const keys = await listDeployKeys(inside.deps.db)
    expect(keys).toHaveLength(since('0005', [1]).length)
    for (const key of keys)
      expect(inside.deps.secrets.decrypt(key.privateKey, key.id)).toContain('BEGIN OPENSSH PRIVATE KEY')
  })

  test('keeps logs, receipts, ports and jobs', async () => {
    const { lines } = await get(`/api/logs/${BROKEN}?kind=build`)
    expect(lines.map((it: { text: string }) => it.text)[1]).toBe('npm error missing script: build')
    expect((await get('/api/receipts')).receipts).toMatchObject([{ subdomain: 'gone' }])
    const ours = { port: 3001, deploymentId: SHOP, isAllocated: true }
    expect((await get('/api/ports')).ports).toEqual(expect.arrayContaining([expect.objectContaining(ours)]))
    const { backups } = await get('/api/backups')
    expect(backups).toMatchObject(since('0007', [{ state: 'failed' }, { state: 'succeeded', size: 123456 }]))
    for (const page of ['/api/audit', '/api/sessions', '/api/domains']) await get(page)
    for (const id of since('0005', [next])) {
      expect((await get(`/api/deployments/${id}`)).deployment.delivery).toMatchObject({ keepReleases: 3 })
      expect((await get(`/api/deployments/${id}/schedules`)).schedules).toMatchObject([{ name: 'nightly' }])
    }
  })
})
