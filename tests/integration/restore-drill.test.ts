import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { PASSPHRASE } from '../support/backup-file.ts'
import { backUp, look, setUp } from '../support/backups.ts'
import type { Repository } from '../support/git-server.ts'
import { makeKeepingApp, put } from '../support/keeping-app.ts'
import { type S3Server, startS3 } from '../support/s3-server.ts'
import { root } from '../support/slipway.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, removeOwned, type World } from '../support/world.ts'

/**
 * The drill: a machine with apps is backed up, everything of it is destroyed, and scripts/restore.ts brings it back on an
 * engine that has nothing of it.
 */
let world: World
let folder: string
let s3: S3Server
let keeping: Repository
let backup: any
const apps: Record<string, any> = {}
const DATA = [{ name: 'data', path: '/data' }]

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_RECONCILE_SECONDS: '1' } })
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-drill-'))
  s3 = await startS3()
  keeping = await makeKeepingApp(world)
  const { url } = keeping
  const env = [{ key: 'SECRET', value: 'a sealed value', secret: true }]
  apps.shop = await world.deploy({ githubUrl: url, subdomain: 'shop', volumes: DATA, env })
  apps.asleep = await world.deploy({ githubUrl: url, subdomain: 'asleep', volumes: DATA })
  // A command that runs in the version that is live: after a restore there is none.
  const overrides = { preDeployCommand: 'node --version' }
  apps.plain = await world.deploy({ githubUrl: (await makeApp(world, echo)).url, subdomain: 'plain', overrides })
  apps.going = await world.deploy({ githubUrl: url, subdomain: 'going', volumes: DATA })
  for (const name of ['shop', 'asleep', 'going'])
    await put(world, `${name}.localhost`, 'note', `what ${name} was given, ${'x'.repeat(100_000)}`)
  await world.slipway.api('POST', `/api/deployments/${apps.shop.id}/redeploy`)
  await world.settled(apps.shop.id)
  await world.slipway.api('POST', `/api/deployments/${apps.asleep.id}/stop`)
  await vi.waitUntil(async () => (await world.settled(apps.asleep.id)).status === 'stopped', { timeout: 30_000 })
})
afterAll(async () => {
  await world.destroy()
  await s3.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Nothing is left of the machine but what was put elsewhere. */
async function destroyMachine(): Promise<void> {
  await world.slipway.stopAll()
  await removeOwned(world.docker, world.slipway.instance)
  await rm(world.slipway.dataDir, { recursive: true })
  const filters = { label: [`slipway.instance=${world.slipway.instance}`] }
  expect((await world.docker.listVolumes({ filters })).Volumes ?? []).toEqual([])
  expect(await world.docker.listContainers({ all: true, filters })).toEqual([])
  expect(await world.docker.listImages({ all: true, filters })).toEqual([])
}

async function restore(source: string, env: Record<string, string> = {}) {
  const all = { ...world.slipway.environment, SLIPWAY_BACKUP_PASSPHRASE: PASSPHRASE, ...env }
  const script = path.join(root, 'scripts', 'restore.ts')
  const run = promisify(execFile)(process.execPath, [script, source], { env: all, cwd: folder })
  return run.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
  )
}

const statusOf = async (name: string) =>
  (await world.slipway.api('GET', `/api/deployments/${apps[name].id}`)).body.deployment
const answers = async (name: string, at: string) => (await world.ask(`${name}.localhost`, at)).text

test('from a file and an empty machine every app answers with its data', async () => {
  await setUp(world, { folder })
  backup = await backUp(world)
  expect(backup).toMatchObject({ state: 'succeeded', apps: 4, volumes: 3 })
  // What was pushed later is not what was live.
  const sha = (await statusOf('shop')).commit.sha
  await keeping.commit({ 'README.md': 'later' }, 'Pushed after the backup')
  await destroyMachine()

  const began = Date.now()
  const restored = await restore(backup.place)
  expect(restored).toMatchObject({ code: 0, text: expect.stringContaining('4 apps come back') })
  expect((await readdir(world.slipway.dataDir)).sort()).toEqual(['secret.key', 'slipway.db'])
  await world.slipway.start()
  for (const { id } of Object.values(apps)) await world.settled(id)
  for (const name of ['shop', 'going', 'plain'])
    await expect.poll(async () => (await statusOf(name)).status).toBe('running')
  await expect.poll(async () => (await statusOf('asleep')).status).toBe('stopped')
  process.stdout.write(`restored 4 apps in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)

  expect(await answers('shop', '/note')).toBe(`what shop was given, ${'x'.repeat(100_000)}`)
  expect(await answers('shop', '/secret')).toBe('a sealed value')
  expect(await answers('going', '/note')).toContain('what going was given')
  expect(JSON.parse(await answers('plain', '/hello'))).toMatchObject({ url: '/hello' })
  expect((await statusOf('shop')).commit.sha).toBe(sha)
  await world.slipway.api('POST', `/api/deployments/${apps.asleep.id}/start`)
  await expect.poll(() => answers('asleep', '/note')).toContain('what asleep was given')

  const { releases } = (await world.slipway.api('GET', `/api/deployments/${apps.shop.id}/releases`)).body
  expect(releases.map((it: any) => [it.release, it.status])).toEqual([
    [3, 'live'],
    [2, expect.stringMatching(/retired|retiring/)],
    [1, 'pruned'],
  ])
  expect(releases[0].cause).toEqual({ kind: 'restore' })
  await expect.poll(async () => (await world.slipway.api('GET', '/api/doctor')).body.findings).toEqual([])
})

test('it removes nothing until its owner has said that all is there', async () => {
  const found = await look(world)
  expect(found.restored).toMatchObject({ name: backup.name, madeAt: backup.startedAt })
  expect(found.backups[0]).toMatchObject({ id: backup.id, state: 'succeeded', size: backup.size })
  const refused = await world.slipway.api('DELETE', `/api/deployments/${apps.going.id}`)
  expect(refused).toMatchObject({ status: 409, body: { code: 'not_possible_now' } })
  await world.docker.createVolume({
    Name: `${world.slipway.instance}-stray`,
    Labels: { 'slipway.instance': world.slipway.instance },
  })
  const [orphan] = (await world.slipway.api('GET', '/api/doctor?fresh=true')).body.findings
  expect(orphan).toMatchObject({ kind: 'orphan' })
  const repair = () => world.slipway.api('POST', '/api/doctor/repair', { ids: [orphan.id] })
  expect(await repair()).toMatchObject({ status: 409 })

  expect((await world.slipway.api('POST', '/api/restored/confirm')).status).toBe(204)
  expect((await repair()).body.repaired).toEqual([orphan.id])
  const receipt = await world.remove(apps.going.id)
  expect(receipt.entries.filter((it: any) => !it.verified)).toEqual([])
})

test('a machine that has something is refused, and nothing of it is touched', async () => {
  const key = await readFile(path.join(world.slipway.dataDir, 'secret.key'), 'utf8')
  await world.slipway.terminate()
  expect(await restore(backup.place)).toMatchObject({ code: 1, text: expect.stringContaining('is not empty') })
  expect(await readFile(path.join(world.slipway.dataDir, 'secret.key'), 'utf8')).toBe(key)

  // Another data folder on an engine that has the volumes.
  const other = path.join(folder, 'other')
  const refused = await restore(backup.place, { SLIPWAY_DATA_DIR: other })
  expect(refused).toMatchObject({ code: 1, text: expect.stringContaining('has a volume') })
  await world.slipway.start()
  expect(await answers('shop', '/note')).toContain('what shop was given')
})

test('a wrong passphrase, another instance or a damaged file make nothing', async () => {
  const empty = path.join(folder, 'empty')
  const tryWith = (source: string, env: object) => restore(source, { SLIPWAY_DATA_DIR: empty, ...env })
  const bytes = await readFile(backup.place)
  const damaged = path.join(folder, 'damaged')
  await writeFile(damaged, bytes.subarray(0, bytes.length - 1))
  for (const [source, env, said] of [
    [backup.place, { SLIPWAY_BACKUP_PASSPHRASE: 'not the passphrase' }, /passphrase does not open/],
    [backup.place, { SLIPWAY_INSTANCE: 'another' }, /Set it to swtest/],
    [damaged, {}, /no whole backup/],
  ] as const) {
    expect(await tryWith(source, env)).toMatchObject({ code: 1, text: expect.stringMatching(said) })
    expect(await readdir(empty)).toEqual([])
  }
})

test('from S3, and again after a restore that was stopped half-way', async () => {
  const { url: endpoint, bucket, accessKeyId, secretAccessKey } = s3
  const target = { endpoint, region: 'us-east-1', bucket, prefix: '', accessKeyId, secretAccessKey }
  await setUp(world, { s3: target })
  const second = await backUp(world)
  expect(second).toMatchObject({ state: 'succeeded', volumes: 2 })
  await destroyMachine()

  // As a restore leaves it that was killed after its first volume.
  const work = path.join(world.slipway.dataDir, 'restoring')
  await mkdir(work, { recursive: true })
  await writeFile(path.join(work, 'attempt.json'), JSON.stringify({ id: second.id }))
  const labels = { 'slipway.instance': world.slipway.instance, 'slipway.restored': second.id }
  const name = `${world.slipway.instance}-${apps.shop.id}-data`
  await world.docker.createVolume({ Name: name, Labels: labels })
  await expect(world.slipway.start()).rejects.toThrow(/was not finished/)

  const env = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: endpoint,
  }
  expect(await restore(`s3://${bucket}/${second.name}`, env)).toMatchObject({ code: 0 })
  await world.slipway.start()
  await expect.poll(() => answers('shop', '/note'), { timeout: 60_000 }).toContain('what shop was given')
})
