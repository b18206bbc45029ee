import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DockerAdapter } from '../../../server/adapters/docker.ts'
import { listBackups } from '../../../server/db/backups.ts'
import { recordEffects } from '../../../server/db/ledger.ts'
import { openDatabase } from '../../../server/db/open.ts'
import { createBackups } from '../../../server/deploy/backups/backups.ts'
import { type Restore, restoreBackup } from '../../../server/deploy/backups/restore.ts'
import { writeBackupSettings } from '../../../server/deploy/backups/settings.ts'
import { sumOfTar } from '../../../server/deploy/backups/tar-sum.ts'
import { readRestored, refuseHalfRestored } from '../../../server/deploy/restored.ts'
import { inPieces, PASSPHRASE, volumeTar } from '../../support/backup-file.ts'
import { makeInside } from '../../support/inside.ts'
import { makeFolder } from '../../support/temp-folder.ts'

/** The volumes of an engine, as tars. The real one is in integration/restore-drill.test.ts. */
type Volumes = Map<string, { labels: Record<string, string>; tar: Buffer }>

function engineOf(volumes: Volumes): DockerAdapter {
  const engine: Partial<DockerAdapter> = {
    ping: async () => undefined,
    hasVolume: async (name) => volumes.has(name),
    ensureVolume: async (name, labels) => void volumes.set(name, { labels, tar: Buffer.alloc(0) }),
    removeVolume: async (name) => void volumes.delete(name),
    listOwned: async () => [...volumes].map(([name, { labels }]) => ({ kind: 'volume' as const, name, labels })),
    listVolumeUsers: async () => [],
    readVolume: async (name) => Readable.from([volumes.get(name)?.tar]),
    async writeVolume(name, tar) {
      const parts: Uint8Array[] = []
      for await (const part of tar) parts.push(part)
      volumes.set(name, { labels: volumes.get(name)?.labels ?? {}, tar: Buffer.concat(parts) })
    },
    clearVolumeReader: async () => undefined,
  }
  return engine as DockerAdapter
}

const MARK = 'slipway.restored'
let file: string
let key: string
let id: string
let data: Buffer
let here: Volumes
let dataDir: string
let said: string[]

/** A machine with one app of one volume is backed up and gone. */
beforeEach(async () => {
  const inside = await makeInside({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  id = (await inside.live('https://github.com/acme/app', 'a'.repeat(40))).id
  const owner = { deploymentId: id, release: 1, step: 'create-volumes' }
  await recordEffects(inside.deps.db, owner, [{ kind: 'volume', name: 'slipway-data' }], 'present')
  data = await volumeTar({ note: 'kept', large: Buffer.alloc(5_000_000, 7) })
  const docker = engineOf(new Map([['slipway-data', { labels: {}, tar: data }]]))
  const folder = makeFolder()
  await writeBackupSettings(inside.deps, {
    isEnabled: false,
    cron: '@daily',
    timeZone: 'UTC',
    hold: 'pause',
    keep: { last: 5, daily: 0, weekly: 0 },
    target: { kind: 'folder', folder },
    passphrase: PASSPHRASE,
    savedAt: new Date().toISOString(),
  })
  const backups = createBackups({ ...inside.deps, docker }, inside.queue, () => undefined)
  await backups.begin('user')
  await expect.poll(() => backups.progress(), { timeout: 20_000 }).toBeUndefined()
  const [backup] = await listBackups(inside.deps.db)
  expect(backup).toMatchObject({ state: 'succeeded', contents: { volumes: 1 } })
  file = path.join(folder, backup?.name ?? '')
  key = readFileSync(path.join(inside.deps.config.dataDir, 'secret.key'), 'utf8')
  await backups.stop()
  await inside.close()
  here = new Map()
  dataDir = path.join(makeFolder(), 'data')
  said = []
}, 30_000)
afterEach(() => expect(said.join()).not.toContain(PASSPHRASE))

const restore = (more: Partial<Restore> = {}, config: Partial<Restore['config']> = {}) =>
  restoreBackup({
    config: { dataDir, instance: 'slipway', secretKey: undefined, ...config },
    docker: engineOf(here),
    file,
    name: 'made.tar.gz.age',
    passphrase: PASSPHRASE,
    say: (text) => void said.push(text),
    ...more,
  })

test('volumes, key and database are in place, each as it was, and nothing else', async () => {
  expect(await restore()).toMatchObject({ apps: 1, manifest: { instance: 'slipway' } })
  expect(readdirSync(dataDir).sort()).toEqual(['secret.key', 'slipway.db'])
  expect(readFileSync(path.join(dataDir, 'secret.key'), 'utf8')).toBe(key)
  for (const name of readdirSync(dataDir)) expect(statSync(path.join(dataDir, name)).mode & 0o077).toBe(0)
  const volume = here.get('slipway-data')
  expect(volume?.tar.equals(data)).toBe(true)
  expect(volume?.labels).toMatchObject({ 'slipway.instance': 'slipway', 'slipway.deployment': id })
  const db = await openDatabase(dataDir)
  expect(await readRestored(db)).toMatchObject({ name: 'made.tar.gz.age' })
  expect((await listBackups(db)).map((it) => it.state)).toEqual(['succeeded'])
  await db.destroy()
})

test('a data folder that has something is refused; npm’s own in it is not', async () => {
  mkdirSync(path.join(dataDir, 'npm'), { recursive: true })
  writeFileSync(path.join(dataDir, 'slipway.db'), 'somebody’s')
  await expect(restore()).rejects.toThrow(/is not empty \(slipway.db\)/)
  expect(readFileSync(path.join(dataDir, 'slipway.db'), 'utf8')).toBe('somebody’s')
  dataDir = path.join(makeFolder(), 'data')
  mkdirSync(path.join(dataDir, 'npm'), { recursive: true })
  await restore()
  expect(readdirSync(dataDir).sort()).toEqual(['npm', 'secret.key', 'slipway.db'])
})

test('a volume that is there already is not written over', async () => {
  here.set('slipway-data', { labels: { 'slipway.instance': 'slipway' }, tar: Buffer.from('somebody’s') })
  await expect(restore()).rejects.toThrow(/docker volume rm slipway-data/)
  expect(here.get('slipway-data')?.tar.toString()).toBe('somebody’s')
  expect(readdirSync(dataDir)).toEqual([])
})

test.each([
  ['a wrong passphrase', { passphrase: 'not the passphrase' }, {}, /does not open this backup/],
  ['another instance', {}, { instance: 'other' }, /Set it to slipway/],
  ['another key in the settings', {}, { secretKey: Buffer.alloc(32).toString('base64') }, /Take the setting out/],
])('%s makes nothing', async (_, more, config, why) => {
  await expect(restore(more, config)).rejects.toThrow(why)
  expect(readdirSync(dataDir)).toEqual([])
  expect(here.size).toBe(0)
})

test('a file that is not whole makes nothing', async () => {
  const bytes = readFileSync(file)
  const half = path.join(makeFolder(), 'half')
  writeFileSync(half, bytes.subarray(0, bytes.length - 10))
  await expect(restore({ file: half })).rejects.toMatchObject({ code: 'backup_damaged' })
  expect([readdirSync(dataDir), here.size]).toEqual([[], 0])
})

test('stopped while a volume was written it is run again, and the server does not start in between', async () => {
  const docker = engineOf(here)
  docker.writeVolume = async () => {
    throw new Error('the machine went down')
  }
  await expect(restore({ docker })).rejects.toThrow('the machine went down')
  expect(here.has('slipway-data')).toBe(true)
  expect(existsSync(path.join(dataDir, 'slipway.db'))).toBe(false)
  expect(() => refuseHalfRestored(dataDir)).toThrow(/was not finished/)
  await restore()
  expect(here.get('slipway-data')?.tar.equals(data)).toBe(true)
  expect(() => refuseHalfRestored(dataDir)).not.toThrow()
})

test('stopped after its last step it has restored all, and is not run again', async () => {
  await restore()
  const work = path.join(dataDir, 'restoring')
  mkdirSync(work)
  writeFileSync(path.join(work, 'attempt.json'), JSON.stringify({ id: here.get('slipway-data')?.labels[MARK] }))
  await expect(restore()).rejects.toThrow(/restored to .* already/)
  expect(here.get('slipway-data')?.tar.equals(data)).toBe(true)
  mkdirSync(work)
  expect(() => refuseHalfRestored(dataDir)).not.toThrow()
  expect(readdirSync(dataDir).sort()).toEqual(['secret.key', 'slipway.db'])
})

test('what an earlier attempt restored to another folder is not taken for its own', async () => {
  await restore()
  const mark = here.get('slipway-data')?.labels[MARK]
  here.clear()
  dataDir = path.join(makeFolder(), 'data')
  await restore()
  expect(here.get('slipway-data')?.labels[MARK]).not.toBe(mark)
})

test('an engine that has apps of this instance is refused: they would be replaced', async () => {
  const docker = engineOf(here)
  const labels = { 'slipway.instance': 'slipway', 'slipway.deployment': 'd' }
  docker.listOwned = async () => [{ kind: 'container', name: 'slipway-app-1', labels }]
  await expect(restore({ docker })).rejects.toThrow(/has apps of slipway already \(slipway-app-1\)/)
  expect([readdirSync(dataDir), here.size]).toEqual([[], 0])
})

test('a volume that does not hold what was written is found', async () => {
  const docker = engineOf(here)
  const other = await volumeTar({ note: 'another' })
  docker.readVolume = async () => Readable.from([other])
  await expect(restore({ docker })).rejects.toThrow(/does not hold what was written/)
  expect(existsSync(path.join(dataDir, 'slipway.db'))).toBe(false)
  expect((await sumOfTar(inPieces(other))).sum).not.toBe((await sumOfTar(inPieces(data))).sum)
})
