import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readArchive } from '../../server/deploy/backups/read-archive.ts'
import { PASSPHRASE } from '../support/backup-file.ts'
import { backUp, ended, look, setUp } from '../support/backups.ts'
import { makeKeepingApp, put } from '../support/keeping-app.ts'
import { type HookReceiver, startHookReceiver } from '../support/receivers.ts'
import { type S3Server, startS3 } from '../support/s3-server.ts'
import { outside } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const SHOP = 'shop.localhost'
let world: World
let folder: string
let s3: S3Server
let hook: HookReceiver
let shop: any

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_RECONCILE_SECONDS: '1' } })
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-backups-'))
  s3 = await startS3()
  hook = await startHookReceiver()
  const volumes = [{ name: 'data', path: '/data' }]
  shop = await world.deploy({ githubUrl: (await makeKeepingApp(world)).url, subdomain: 'shop', volumes })
  expect(shop).toMatchObject({ status: 'running' })
  await put(world, SHOP, 'a', 'what was put')
  // What takes a while to read, between the two counts.
  await inShop('head -c 40000000 /dev/urandom > /data/m-large')
})
afterAll(async () => {
  await world.destroy()
  await s3.stop()
  await hook.stop()
  await rm(folder, { recursive: true, force: true })
})

async function inShop(command: string): Promise<void> {
  const [found] = await world.docker.listContainers({ filters: { label: [`slipway.deployment=${shop.id}`] } })
  const exec = await world.docker.getContainer(found?.Id ?? '').exec({ Cmd: ['sh', '-c', command], AttachStdout: true })
  const stream = await exec.start({})
  stream.resume()
  await new Promise((resolve) => stream.on('end', resolve))
}

const stateOf = async () =>
  (await world.docker.listContainers({ all: true, filters: { label: [`slipway.deployment=${shop.id}`] } })).map(
    (it) => it.State,
  )

/** The files of the one volume in a backup. */
async function filesIn(file: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  await readArchive(createReadStream(file), PASSPHRASE, {
    async volume(_, tar) {
      const reader = extract()
      const reading = (async () => {
        for await (const entry of reader) {
          let text = ''
          for await (const part of entry) if (text.length < 1000) text += part
          files.set(entry.header.name, text)
        }
      })()
      for await (const part of tar)
        if (!reader.write(part)) await new Promise<void>((resolve) => reader.once('drain', () => resolve()))
      reader.end(Buffer.alloc(0))
      await reading
    },
  })
  return files
}

describe('to a folder', () => {
  test('one file holds the data of one moment, and the app goes on', async () => {
    await setUp(world, { folder })
    const before = outside(await world.inventory())
    const backup = await backUp(world)
    expect(backup).toMatchObject({ state: 'succeeded', apps: 1, volumes: 1, message: null, cause: 'user' })
    expect(await readdir(folder)).toEqual([backup.name])
    const { size, mode } = await stat(backup.place)
    expect({ size, mode: mode & 0o777 }).toEqual({ size: backup.size, mode: 0o600 })
    const files = await filesIn(backup.place)
    expect(files.get('volume/note-a')).toBe('what was put')
    expect(files.has('volume/m-large')).toBe(true)
    const [first, last] = [Number(files.get('volume/a-count')), Number(files.get('volume/z-count'))]
    expect(first).toBeGreaterThan(0)
    expect(first - last).toBeLessThanOrEqual(1)
    expect(first - last).toBeGreaterThanOrEqual(0)

    expect(await stateOf()).toEqual(['running'])
    expect((await world.ask(SHOP, '/a')).text).toBe('what was put')
    expect(outside(await world.inventory())).toEqual(before)
    expect(await readdir(path.join(world.slipway.dataDir, 'backups')).catch(() => [])).toEqual([])
  })

  test('the app may be stopped for it instead, and is started again', async () => {
    await setUp(world, { folder, hold: 'stop' })
    const seen = new Set<string | undefined>()
    const backing = backUp(world)
    let over = false
    void backing.finally(() => {
      over = true
    })
    while (!over) {
      for (const state of await stateOf()) seen.add(state)
      await sleep(20)
    }
    expect(await backing).toMatchObject({ state: 'succeeded' })
    expect(seen).toContain('exited')
    await expect.poll(async () => (await world.ask(SHOP, '/a')).text).toBe('what was put')
    const { body } = await world.slipway.api('GET', `/api/deployments/${shop.id}`)
    expect(body.deployment).toMatchObject({ status: 'running', release: 1 })
  })

  test('what the rule does not keep goes', async () => {
    await setUp(world, { folder, keep: { last: 1, daily: 0, weekly: 0 } })
    const backup = await backUp(world)
    await expect.poll(() => readdir(folder)).toEqual([backup.name])
    await expect.poll(async () => (await look(world)).backups.map((it: any) => it.id)).toEqual([backup.id])
  })

  test('one that is due is made by itself', async () => {
    await setUp(world, { folder, isEnabled: true, cron: '* * * * *' })
    await expect
      .poll(async () => (await look(world)).backups[0], { timeout: 75_000 })
      .toMatchObject({ cause: 'schedule', state: 'succeeded' })
    await setUp(world, { folder })
  })
})

describe('killed in the middle', () => {
  test('no half file counts, no app stays held, and it is told', async () => {
    await world.slipway.api('POST', '/api/channels', {
      name: 'hook',
      kind: 'webhook',
      url: hook.url,
      events: ['backup-failed'],
    })
    await inShop('head -c 250000000 /dev/urandom > /data/m-large')
    const before = { files: await readdir(folder), outside: outside(await world.inventory()) }
    const { body } = await world.slipway.api('POST', '/api/backups')
    await expect.poll(stateOf, { interval: 5 }).toEqual(['paused'])
    await world.slipway.kill()
    expect(await stateOf()).toEqual(['paused'])
    expect((await readdir(folder)).filter((it) => !it.startsWith('.'))).toEqual(before.files)

    await world.slipway.start()
    expect(await stateOf()).toEqual(['running'])
    expect(await ended(world, body.backup.id)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('stopped'),
    })
    expect((await world.ask(SHOP, '/a')).text).toBe('what was put')
    await expect.poll(() => readdir(folder)).toEqual(before.files)
    await expect.poll(async () => outside(await world.inventory())).toEqual(before.outside)
    await expect.poll(() => hook.received.map((it) => it.json.type)).toEqual(['backup-failed'])
    const { body: doctor } = await world.slipway.api('GET', '/api/doctor')
    expect(doctor.findings).toEqual([])
  })

  test('stopped as systemd would, it lets the app go before it ends', async () => {
    await world.slipway.api('POST', '/api/backups')
    await expect.poll(stateOf, { interval: 5 }).toEqual(['paused'])
    expect(await world.slipway.terminate()).toBe(0)
    expect(await stateOf()).toEqual(['running'])
    expect((await readdir(folder)).filter((it) => it.startsWith('.'))).toEqual([])
    await world.slipway.start()
    await inShop('rm /data/m-large')
  })
})

describe('to S3', () => {
  const target = () => ({
    s3: {
      endpoint: s3.url,
      region: 'us-east-1',
      bucket: s3.bucket,
      prefix: 'machines/one/',
      accessKeyId: s3.accessKeyId,
      secretAccessKey: s3.secretAccessKey,
    },
  })

  test('it is sent in parts, read back, and can be fetched and deleted', async () => {
    await inShop('head -c 12000000 /dev/urandom > /data/m-large')
    await setUp(world, target())
    const backup = await backUp(world)
    expect(backup).toMatchObject({ state: 'succeeded', place: `s3://${s3.bucket}/machines/one/${backup.name}` })
    expect(s3.objects()).toEqual([`machines/one/${backup.name}`])
    expect(s3.uploads()).toEqual([])
    expect(await readdir(path.join(world.slipway.dataDir, 'backups'))).toEqual([])

    const reply = await fetch(`${world.slipway.url}/api/backups/${backup.id}/file`, {
      headers: { authorization: `Bearer ${world.slipway.token}` },
    })
    const bytes = Buffer.from(await reply.arrayBuffer())
    expect(bytes.length).toBe(backup.size)
    const { sums } = await readArchive(
      (async function* () {
        yield bytes
      })(),
      PASSPHRASE,
    )
    expect(sums.volumes).toHaveLength(1)
    expect((await world.slipway.api('DELETE', `/api/backups/${backup.id}`)).status).toBe(204)
    expect(s3.objects()).toEqual([])
  })

  test('storage that refuses is told, and leaves nothing here or there', async () => {
    hook.received.length = 0
    s3.refuse = (method, url) => (method === 'PUT' && url.includes('partNumber=2') ? 403 : undefined)
    const backup = await backUp(world)
    s3.refuse = undefined
    expect(backup).toMatchObject({ state: 'failed', message: expect.stringContaining(s3.bucket) })
    await expect.poll(() => readdir(path.join(world.slipway.dataDir, 'backups'))).toEqual([])
    await expect.poll(() => [...s3.objects(), ...s3.uploads()]).toEqual([])
    await expect.poll(() => hook.received.map((it) => it.json.message)).toEqual([backup.message])
    expect(await stateOf()).toEqual(['running'])
  })
})

test('neither passphrase nor key stands anywhere it could be read', async () => {
  const log = world.slipway.output()
  const audit = JSON.stringify((await world.slipway.api('GET', '/api/audit?limit=200')).body)
  const database = await readFile(path.join(world.slipway.dataDir, 'slipway.db'), 'latin1')
  const wal = await readFile(path.join(world.slipway.dataDir, 'slipway.db-wal'), 'latin1')
  for (const text of [log, audit, database, wal]) expect(text).not.toContain(PASSPHRASE)
  expect(audit).toContain('backup.settings')
})
