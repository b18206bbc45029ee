import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { insertBackup, updateBackup } from '../../../server/db/backups.ts'
import { insertJob, listJobs } from '../../../server/db/jobs.ts'
import { readSetting } from '../../../server/db/settings.ts'
import { createQueue } from '../../../server/deploy/queue.ts'
import { markRestored } from '../../../server/deploy/restored.ts'
import { ensureAdmin } from '../../../server/http/login.ts'
import { type Inside, makeInside } from '../../support/inside.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const PASSPHRASE = 'a passphrase of many words'
let inside: Inside
let session = ''

beforeEach(async () => {
  inside = await makeInside({ SLIPWAY_ADMIN_PASSWORD: 'correct horse battery' })
  await ensureAdmin(inside.deps)
  const payload = { username: 'admin', password: 'correct horse battery' }
  session = (await inside.app.inject({ method: 'POST', url: '/api/auth/login', payload })).json().token
})
afterEach(() => inside.close())

async function api(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, token = session) {
  const headers = { authorization: `Bearer ${token}` }
  const reply = await inside.app.inject({ method, url, headers, ...(payload && { payload }) })
  const isJson = String(reply.headers['content-type']).includes('json')
  return { status: reply.statusCode, body: isJson ? reply.json() : reply.body, headers: reply.headers }
}
const makeToken = async (scope: string) => (await api('POST', '/api/tokens', { name: scope, scope })).body.secret

const settings = (more: object = {}) => ({
  isEnabled: true,
  cron: '30 3 * * *',
  timeZone: 'Europe/Berlin',
  hold: 'pause',
  keep: { last: 7, daily: 0, weekly: 4 },
  folder: makeFolder(),
  passphrase: PASSPHRASE,
  ...more,
})
const put = (more?: object) => api('PUT', '/api/backup-settings', settings(more))

/** A backup that was made, with a file of nothing. */
async function made(): Promise<{ id: string; file: string }> {
  const folder = makeFolder()
  const [id, name] = ['00000001-0000-4000-8000-000000000001', 'made.tar.gz.age']
  writeFileSync(path.join(folder, name), 'the file')
  const place = { kind: 'folder' as const, folder }
  await insertBackup(inside.deps.db, { id, name, cause: 'user', target: place, startedAt: '2026-01-01T00:00:00.000Z' })
  await updateBackup(inside.deps.db, id, { state: 'succeeded', size: 8, contents: { apps: 1, volumes: 1, bytes: 8 } })
  return { id, file: path.join(folder, name) }
}

describe('settings', () => {
  test('there are none at first, and no backup can be made', async () => {
    expect((await api('GET', '/api/backup-settings')).body).toMatchObject({ settings: null })
    expect((await api('GET', '/api/backups')).body).toMatchObject({ backups: [], isSetUp: false, nextAt: null })
    expect(await api('POST', '/api/backups')).toMatchObject({ status: 409, body: { code: 'not_possible_now' } })
  })

  test('are shown without the passphrase, sealed in the database, and not in the audit log', async () => {
    expect((await put()).status).toBe(200)
    const shown = await api('GET', '/api/backup-settings')
    expect(shown.body.settings).toMatchObject({ cron: '30 3 * * *', hold: 'pause', keep: { last: 7 }, s3: null })
    const audit = await api('GET', '/api/audit')
    expect(JSON.stringify(audit.body)).toContain('backup.settings')
    for (const text of [JSON.stringify([shown.body, audit.body]), await readSetting(inside.deps.db, 'backups')])
      expect(text).not.toContain(PASSPHRASE)
  })

  test('say when the next one is due', async () => {
    await put({ cron: '0 12 1 1 *', timeZone: 'UTC' })
    expect((await api('GET', '/api/backups')).body.nextAt).toMatch(/-01-01T12:00:00.000Z$/)
    await put({ isEnabled: false })
    expect((await api('GET', '/api/backups')).body.nextAt).toBeNull()
  })

  test('the passphrase stays when it is left out', async () => {
    await put()
    expect((await put({ passphrase: undefined, cron: '@daily' })).status).toBe(200)
  })

  test.each([
    ['no passphrase', { passphrase: undefined }, 'passphrase'],
    ['a short passphrase', { passphrase: 'short' }, 'passphrase'],
    ['a cron line of four fields', { cron: '1 2 3 4' }, 'cron'],
    ['a zone that does not exist', { timeZone: 'Europe/Nowhere' }, 'timeZone'],
    ['no place', { folder: undefined }, 'folder'],
    ['a folder that is not absolute', { folder: 'backups' }, 'folder'],
    ['a folder with dots', { folder: '/mnt/../etc' }, 'folder'],
    ['nothing that is kept', { keep: { last: 0, daily: 1, weekly: 1 } }, 'keep.last'],
  ])('%s is refused at its field', async (_, wrong, field) => {
    expect(await put(wrong)).toMatchObject({ status: 400, body: { code: 'invalid_input', field } })
    expect((await api('GET', '/api/backup-settings')).body.settings).toBeNull()
  })

  test('a folder that is not there is not made: its disk may not be mounted', async () => {
    const folder = path.join(makeFolder(), 'missing')
    expect(await put({ folder })).toMatchObject({ status: 502, body: { code: 'backup_target_failed' } })
  })

  test('the folder in the data folder is made', async () => {
    const { ownFolder } = (await api('GET', '/api/backup-settings')).body
    expect((await put({ folder: ownFolder })).status).toBe(200)
  })

  test('a stored secret key goes to no other bucket', async () => {
    const s3 = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', bucket: 'backups', accessKeyId: 'key' }
    expect(await put({ folder: undefined, s3 })).toMatchObject({ status: 400, body: { field: 's3.secretAccessKey' } })
    const tried = await put({ folder: undefined, s3: { ...s3, secretAccessKey: 'a-secret-key' } })
    expect(tried).toMatchObject({ status: 502, body: { code: 'backup_target_failed' } })
    expect(JSON.stringify(tried.body)).not.toContain('a-secret-key')
  })

  test('an API token cannot say where backups go', async () => {
    const reply = await api('PUT', '/api/backup-settings', settings(), await makeToken('write'))
    expect(reply).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })
})

describe('a backup', () => {
  test('is downloaded as it lies there, by a session or a token that may write', async () => {
    const { id } = await made()
    for (const token of [session, await makeToken('write')]) {
      const reply = await api('GET', `/api/backups/${id}/file`, undefined, token)
      expect(reply).toMatchObject({ status: 200, body: 'the file', headers: { 'content-length': '8' } })
      expect(reply.headers['content-disposition']).toBe('attachment; filename="made.tar.gz.age"')
    }
    const refused = await api('GET', `/api/backups/${id}/file`, undefined, await makeToken('read'))
    expect(refused).toMatchObject({ status: 403 })
  })

  test('is deleted with its file', async () => {
    const { id, file } = await made()
    expect((await api('DELETE', `/api/backups/${id}`)).status).toBe(204)
    expect(existsSync(file)).toBe(false)
    expect(await api('GET', `/api/backups/${id}/file`)).toMatchObject({ status: 404 })
  })

  test('whose file is gone says so', async () => {
    const { id } = await made()
    const folder = makeFolder()
    await updateBackup(inside.deps.db, id, { message: null })
    await inside.deps.db
      .updateTable('backups')
      .set({ target: JSON.stringify({ kind: 'folder', folder }) })
      .execute()
    expect(await api('GET', `/api/backups/${id}/file`)).toMatchObject({
      status: 502,
      body: { code: 'backup_target_failed' },
    })
  })
})

describe('a machine that was restored', () => {
  beforeEach(() => markRestored(inside.deps.db, { at: '2026-01-02', madeAt: '2026-01-01', name: 'made.tar.gz.age' }))

  test('says so, and makes no backups by itself', async () => {
    await put()
    expect((await api('GET', '/api/backups')).body).toMatchObject({
      restored: { name: 'made.tar.gz.age' },
      nextAt: null,
    })
  })

  test('deletes no app until that was confirmed', async () => {
    const { id } = await inside.live('https://github.com/acme/app', 'a'.repeat(40))
    expect(await api('DELETE', `/api/deployments/${id}`)).toMatchObject({ status: 409 })
    expect(await listJobs(inside.deps.db)).toEqual([])
    expect((await api('POST', '/api/restored/confirm')).status).toBe(204)
    expect((await api('DELETE', `/api/deployments/${id}`)).status).toBe(202)
    expect(await api('POST', '/api/restored/confirm')).toMatchObject({ status: 409 })
  })

  test('does not go on with a delete that had begun when the backup was made', async () => {
    const { id } = await inside.live('https://github.com/acme/app', 'a'.repeat(40), { status: 'deleting' })
    await insertJob(inside.deps.db, id, 'remove')
    const queue = createQueue(inside.deps)
    queue.kick()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await listJobs(inside.deps.db, { state: 'queued' })).toHaveLength(1)
    await queue.stop()
  })
})
