import { createReadStream, existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createS3 } from '../../../server/adapters/s3.ts'
import { findBackup, insertBackup, listBackups, updateBackup } from '../../../server/db/backups.ts'
import { insertChannel, newChannelId } from '../../../server/db/channels.ts'
import { listNext } from '../../../server/db/news.ts'
import { openDatabase } from '../../../server/db/open.ts'
import { type Backups, createBackups } from '../../../server/deploy/backups/backups.ts'
import { partialOf } from '../../../server/deploy/backups/make-backup.ts'
import { readArchive } from '../../../server/deploy/backups/read-archive.ts'
import { type BackupSettings, writeBackupSettings } from '../../../server/deploy/backups/settings.ts'
import { PASSPHRASE } from '../../support/backup-file.ts'
import { type Inside, makeInside } from '../../support/inside.ts'
import { startS3 } from '../../support/s3-server.ts'
import { makeFolder } from '../../support/temp-folder.ts'

/** A Slipway without volumes needs no engine to be backed up: here there is none. */
const NO_ENGINE = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
let inside: Inside
let backups: Backups
let told = 0
const ONE = { last: 1, daily: 0, weekly: 0 }

async function begin(more: Partial<BackupSettings> = {}, env: Record<string, string> = {}) {
  inside = await makeInside({ ...NO_ENGINE, ...env })
  const folder = makeFolder()
  await writeBackupSettings(inside.deps, {
    isEnabled: false,
    cron: '30 3 * * *',
    timeZone: 'UTC',
    hold: 'pause',
    keep: { last: 5, daily: 0, weekly: 0 },
    target: { kind: 'folder', folder },
    passphrase: PASSPHRASE,
    savedAt: new Date().toISOString(),
    ...more,
  })
  await insertChannel(inside.deps.db, {
    id: newChannelId(),
    name: 'hook',
    kind: 'webhook',
    config: '',
    events: ['backup-failed'],
    isEnabled: true,
  })
  told = 0
  backups = createBackups(inside.deps, inside.queue, () => {
    told += 1
  })
  return folder
}
afterEach(async () => {
  await backups.stop()
  await inside.close()
})

async function over(id?: string) {
  for (let left = 400; left > 0; left--) {
    const [newest] = await listBackups(inside.deps.db)
    const found = id === undefined ? newest : await findBackup(inside.deps.db, id)
    if (found && found.state !== 'running' && backups.progress() === undefined) return found
    await sleep(25)
  }
  throw new Error('it does not end')
}
function fileOf(size: number): string {
  const file = path.join(makeFolder(), 'file')
  writeFileSync(file, Buffer.alloc(size))
  return file
}
const news = async () => (await listNext(inside.deps.db)).map((it) => it.news)

test('the file has the database in it, as it was while the backup was made, and the keys', async () => {
  const folder = await begin()
  const { id } = await inside.live('https://github.com/acme/app', 'a'.repeat(40))
  const { id: backupId } = await backups.begin('user')
  const backup = await over(backupId)
  expect(backup).toMatchObject({ state: 'succeeded', contents: { apps: 1, volumes: 0 }, message: null })
  expect(readdirSync(folder)).toEqual([backup.name])
  expect(readdirSync(path.join(inside.deps.config.dataDir, 'backups'))).toEqual([])

  const taken = makeFolder()
  let keys = ''
  const { manifest } = await readArchive(createReadStream(path.join(folder, backup.name)), PASSPHRASE, {
    async database(body) {
      const parts: Uint8Array[] = []
      for await (const part of body) parts.push(part)
      writeFileSync(path.join(taken, 'slipway.db'), Buffer.concat(parts))
    },
    async keys(text) {
      keys = text
    },
  })
  expect(manifest).toMatchObject({ instance: 'slipway', rows: { deployments: 1, backups: 1 } })
  expect(Buffer.from(keys.trim(), 'base64')).toHaveLength(32)
  const copy = await openDatabase(taken)
  expect((await findBackup(copy, backupId))?.state).toBe('running')
  expect(await copy.selectFrom('deployments').select('id').execute()).toEqual([{ id }])
  await copy.destroy()
})

test('two at once are not made', async () => {
  await begin()
  const first = await backups.begin('user')
  await expect(backups.begin('user')).rejects.toMatchObject({ code: 'not_possible_now' })
  expect((await over(first.id)).state).toBe('succeeded')
})

test('one that fails says why, is told, and the next one is made', async () => {
  const folder = await begin({ target: { kind: 'folder', folder: '/nowhere/at/all' } })
  const failed = await over((await backups.begin('user')).id)
  expect(failed).toMatchObject({ state: 'failed', message: expect.stringContaining('/nowhere/at/all'), held: [] })
  expect(await news()).toMatchObject([{ type: 'backup-failed', message: failed.message }])
  expect(told).toBe(1)
  expect(readdirSync(folder)).toEqual([])
})

test('it gives up before the disk is full', async () => {
  const folder = await begin({}, { SLIPWAY_MIN_FREE_DISK_MB: String(2 ** 30) })
  const failed = await over((await backups.begin('user')).id)
  expect(failed).toMatchObject({ state: 'failed', message: expect.stringMatching(/MB are kept in reserve/) })
  expect(readdirSync(folder)).toEqual([])
})

test('what was due while Slipway was down is made at its start, once', async () => {
  await begin({ isEnabled: true, cron: '0 * * * *', savedAt: '2026-01-01T00:00:00.000Z' })
  expect(await backups.nextAt()).toBe('2026-01-01T01:00:00.000Z')
  await backups.start()
  expect(await over()).toMatchObject({ cause: 'schedule', state: 'succeeded' })
  await sleep(100)
  expect(await listBackups(inside.deps.db)).toHaveLength(1)
  expect(Date.parse((await backups.nextAt()) ?? '')).toBeGreaterThan(Date.now())
})

test('one that was being made when Slipway ended counts as failed, and its file goes', async () => {
  const folder = await begin()
  const [id, name] = ['00000001-0000-4000-8000-000000000001', 'half.tar.gz.age']
  const place = { kind: 'folder' as const, folder }
  await insertBackup(inside.deps.db, { id, name, cause: 'user', target: place, startedAt: '2026-01-01T00:00:00.000Z' })
  writeFileSync(path.join(folder, partialOf(name)), 'half')
  writeFileSync(path.join(folder, 'somebody-elses'), '')
  await backups.start()
  await expect.poll(async () => (await findBackup(inside.deps.db, id))?.state).toBe('failed')
  await expect.poll(() => readdirSync(folder)).toEqual(['somebody-elses'])
  expect(await news()).toMatchObject([{ type: 'backup-failed', message: expect.stringContaining('stopped') }])
})

test('one whose file is in its place counts, also for the database that was in it', async () => {
  const folder = await begin()
  const { id } = await backups.begin('user')
  const { name, size } = await over(id)
  // As it stands in the backup's own copy of the database, which somebody put in place of a lost one.
  await updateBackup(inside.deps.db, id, { state: 'running', size: null, endedAt: null })
  await backups.start()
  await expect.poll(async () => (await findBackup(inside.deps.db, id))?.state).not.toBe('running')
  expect(await findBackup(inside.deps.db, id)).toMatchObject({ state: 'succeeded', size, held: [], upload: null })
  expect(readdirSync(folder)).toEqual([name])
  expect(await news()).toEqual([])
})

test('what storage that was away has of an upload goes at the next start', async () => {
  const storage = await startS3()
  const { url: endpoint, bucket, accessKeyId, secretAccessKey } = storage
  const s3 = { endpoint, region: 'us-east-1', bucket, accessKeyId, secretAccessKey }
  await begin({ target: { kind: 's3', prefix: '', ...s3 } })
  const [id, name] = ['00000001-0000-4000-8000-000000000001', 'half.tar.gz.age']
  const target = { kind: 's3' as const, endpoint, bucket, prefix: '' }
  await insertBackup(inside.deps.db, { id, name, cause: 'user', target, startedAt: '2026-01-01T00:00:00.000Z' })
  await (await createS3(s3))
    .upload(name, fileOf(9 * 2 ** 20), {
      signal: new AbortController().signal,
      sent: () => undefined,
      async begun(upload) {
        await updateBackup(inside.deps.db, id, { state: 'failed', upload })
        throw new Error('the network is away')
      },
    })
    .catch(() => undefined)
  expect(storage.uploads()).not.toEqual([])
  await backups.start()
  await expect.poll(() => storage.uploads()).toEqual([])
  await expect.poll(async () => (await findBackup(inside.deps.db, id))?.upload).toBeNull()
  await storage.stop()
})

test('what is too old goes when a new one was made', async () => {
  const folder = await begin({ keep: ONE })
  const first = await over((await backups.begin('user')).id)
  const second = await over((await backups.begin('user')).id)
  await expect.poll(() => readdirSync(folder)).toEqual([second.name])
  expect(await findBackup(inside.deps.db, first.id)).toBeUndefined()
  expect(existsSync(path.join(folder, first.name))).toBe(false)
})

test('a backup that a wrong clock dated into the future stops neither the next one nor its being kept', async () => {
  const folder = await begin({ isEnabled: true, cron: '0 * * * *', savedAt: '2999-01-01T00:00:00.000Z', keep: ONE })
  const place = { kind: 'folder' as const, folder }
  const future = { id: '00000001-0000-4000-8000-000000000001', name: 'f', startedAt: '2999-01-01T00:00:00.000Z' }
  await insertBackup(inside.deps.db, { ...future, cause: 'user', target: place })
  await updateBackup(inside.deps.db, future.id, { state: 'succeeded' })
  await backups.start()
  await expect.poll(async () => (await listBackups(inside.deps.db)).map((it) => it.state)).toHaveLength(2)
  await expect.poll(() => backups.progress(), { timeout: 20_000 }).toBeUndefined()
  const [, made] = await listBackups(inside.deps.db)
  expect(made).toMatchObject({ cause: 'schedule', state: 'succeeded' })
  expect(readdirSync(folder)).toEqual([made?.name])
})
