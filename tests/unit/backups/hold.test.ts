import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Backup, findBackup, listBackups } from '../../../server/db/backups.ts'
import { recordEffects } from '../../../server/db/ledger.ts'
import { type Backups, createBackups } from '../../../server/deploy/backups/backups.ts'
import { untilLetGo } from '../../../server/deploy/backups/hold.ts'
import { writeBackupSettings } from '../../../server/deploy/backups/settings.ts'
import { createQueue, type Queue } from '../../../server/deploy/queue.ts'
import type { BackupHold } from '../../../server/states.ts'
import { PASSPHRASE, volumeTar } from '../../support/backup-file.ts'
import { type Inside, makeInside } from '../../support/inside.ts'
import { makeFolder } from '../../support/temp-folder.ts'

/** What an engine is asked, in its order; faults are put in its place. The real one is in integration/backups.test.ts. */
let inside: Inside
let backups: Backups
let queue: Queue
let asked: string[]
let tar: Buffer
let read: () => Readable
let thaw: (id: string) => Promise<void>
let shop: string

beforeEach(async () => {
  inside = await makeInside({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  shop = (await inside.live('https://github.com/acme/app', 'a'.repeat(40))).id
  const owner = { deploymentId: shop, release: 1, step: 'create-volumes' }
  await recordEffects(inside.deps.db, owner, [{ kind: 'volume', name: 'shop-data' }], 'present')
  asked = []
  tar = await volumeTar({ note: 'kept' })
  read = () => Readable.from([tar])
  thaw = async () => undefined
  const engine: Partial<typeof inside.deps.docker> = {
    hasVolume: async () => true,
    listVolumeUsers: async () => [
      { id: 'app', name: 'slipway-app-1', status: 'running', labels: {} },
      { id: 'job', name: 'slipway-app-1-job-12345678', status: 'running', labels: {} },
      { id: 'old', name: 'slipway-app-0', status: 'exited', labels: {} },
    ],
    pauseContainer: async (id) => void asked.push(`pause ${id}`),
    stopContainer: async (id) => void asked.push(`stop ${id}`),
    startAgain: async (id) => void asked.push(`start ${id}`),
    async unpauseContainer(id) {
      await thaw(id)
      asked.push(`unpause ${id}`)
    },
    async readVolume(name) {
      asked.push(`read ${name}`)
      return read()
    },
    clearVolumeReader: async () => void asked.push('clear'),
  }
  const deps = { ...inside.deps, docker: { ...inside.deps.docker, ...engine } }
  queue = createQueue(deps)
  backups = createBackups(deps, queue, () => undefined)
})
afterEach(async () => {
  await backups.stop()
  await queue.stop()
  await inside.close()
})

async function settle(hold: BackupHold) {
  await writeBackupSettings(inside.deps, {
    isEnabled: false,
    cron: '@daily',
    timeZone: 'UTC',
    hold,
    keep: { last: 5, daily: 0, weekly: 0 },
    target: { kind: 'folder', folder: makeFolder() },
    passphrase: PASSPHRASE,
    savedAt: new Date().toISOString(),
  })
}
async function over(): Promise<Backup | undefined> {
  await expect.poll(() => backups.progress(), { timeout: 20_000 }).toBeUndefined()
  return (await listBackups(inside.deps.db))[0]
}

test('whoever writes is paused before the volume is read, and goes on after it', async () => {
  await settle('pause')
  await backups.begin('user')
  expect(await over()).toMatchObject({ state: 'succeeded', contents: { volumes: 1 }, held: [] })
  expect(asked).toEqual(['pause app', 'pause job', 'read shop-data', 'unpause app', 'unpause job', 'clear'])
})

test('where an app is to be stopped a job is paused all the same: it would not be started again', async () => {
  await settle('stop')
  await backups.begin('user')
  expect(await over()).toMatchObject({ state: 'succeeded' })
  expect(asked).toEqual(['stop app', 'pause job', 'read shop-data', 'start app', 'unpause job', 'clear'])
})

test('a volume that breaks off fails the backup, and everybody goes on', async () => {
  await settle('pause')
  read = () => Readable.from([tar.subarray(0, 1000)])
  await backups.begin('user')
  expect(await over()).toMatchObject({ state: 'failed', message: expect.stringContaining('in part'), held: [] })
  expect(asked).toEqual(expect.arrayContaining(['unpause app', 'unpause job', 'clear']))
})

test('an engine that hangs up while it sends fails the backup, and everybody goes on', async () => {
  await settle('pause')
  read = () =>
    Readable.from(
      (async function* () {
        yield tar.subarray(0, 512)
        throw new Error('socket hang up')
      })(),
    )
  await backups.begin('user')
  expect(await over()).toMatchObject({ state: 'failed', message: expect.stringContaining('socket hang up'), held: [] })
  expect(asked).toContain('unpause app')
})

test('while an app is held no job starts on it, and who is held stands in the database', async () => {
  await settle('pause')
  const gate = Promise.withResolvers<void>()
  read = () =>
    Readable.from(
      (async function* () {
        yield tar.subarray(0, 512)
        await gate.promise
        yield tar.subarray(512)
      })(),
    )
  const { id } = await backups.begin('user')
  await expect.poll(() => asked).toContain('read shop-data')
  const held = (await findBackup(inside.deps.db, id))?.held
  expect(held?.map((it) => [it.id, it.how])).toEqual([
    ['app', 'pause'],
    ['job', 'pause'],
  ])
  expect(await queue.whileIdle(shop, async () => 'done')).toBeUndefined()
  let waited = true
  const waiting = untilLetGo(inside.deps, shop, new AbortController().signal).then(() => {
    waited = false
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(waited).toBe(true)
  gate.resolve()
  await waiting
  expect((await over())?.state).toBe('succeeded')
  expect(await queue.whileIdle(shop, async () => 'done')).toBe('done')
})

test('stopped in the middle of a volume that does not come, it lets everybody go first', async () => {
  await settle('pause')
  // Sends a little, and then nothing.
  read = () => {
    const stream = new Readable({ read: () => undefined })
    stream.push(tar.subarray(0, 512))
    return stream
  }
  const { id } = await backups.begin('user')
  await expect.poll(() => asked).toContain('read shop-data')
  await backups.stop()
  expect(await findBackup(inside.deps.db, id)).toMatchObject({ state: 'failed', held: [] })
  expect(asked).toEqual(expect.arrayContaining(['unpause app', 'unpause job']))
})

test('an engine that does not answer for a moment does not leave an app behind', async () => {
  await settle('pause')
  let refused = 0
  thaw = async () => {
    refused += 1
    if (refused < 4) throw new Error('not now')
  }
  await backups.begin('user')
  expect(await over()).toMatchObject({ state: 'succeeded', held: [] })
  expect(asked).toEqual(expect.arrayContaining(['unpause app', 'unpause job']))
})

test('an engine that is away for long fails the backup, and lets everybody go on when it is back', async () => {
  await settle('pause')
  let isAway = true
  thaw = async (id) => {
    if (isAway && id === 'app') throw new Error('not now')
  }
  await backups.begin('user')
  expect(await over()).toMatchObject({ state: 'failed', message: expect.stringContaining('not now') })
  expect(asked).toContain('unpause job')
  expect(asked).not.toContain('unpause app')
  isAway = false
  await expect.poll(async () => (await listBackups(inside.deps.db))[0]?.held, { timeout: 15_000 }).toEqual([])
  expect(asked).toContain('unpause app')
})
