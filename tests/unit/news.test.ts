import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { insertChannel, newChannelId } from '../../server/db/channels.ts'
import { findDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { insertRelease, saveStep, updateRelease } from '../../server/db/releases.ts'
import { sealEnv } from '../../server/deploy/context.ts'
import type { Disk } from '../../server/deploy/decide-news.ts'
import { createNewsroom } from '../../server/deploy/news.ts'
import type { Deps } from '../../server/deps.ts'
import { createEventHub } from '../../server/events.ts'
import { createSecrets } from '../../server/secrets.ts'
import { newsKinds } from '../../server/states.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

const secrets = createSecrets([randomBytes(32)])
const failed = { step: 'build-image', code: 'build_failed', message: 'The build said geheim1234' } as const
const exited = { step: 'run', code: 'app_exited', message: 'The app exited with code 1.' } as const
const full: Disk = { folder: '/var/lib/docker', total: 100 * 2 ** 30, free: 10 * 2 ** 30 }

/** A newsroom over a database with one app, and one channel that wants everything. */
async function makeRoom() {
  const db = await makeDatabase()
  const config = {
    publicUrl: 'http://slipway.test',
    reconcileSeconds: 60,
    domain: 'localhost',
    nginx: 'off',
    diskWarnPercent: 80,
  }
  const deps = { config, db, secrets, events: createEventHub(), log: pino({ level: 'silent' }) } as unknown as Deps
  const id = await makeDeployment(db, 'shop')
  const env = sealEnv(deps, id, [{ key: 'TOKEN', value: 'geheim1234', secret: true, buildTime: false }])
  await db.updateTable('releases').set({ env }).execute()
  await insertChannel(db, {
    id: newChannelId(),
    kind: 'slack',
    name: 'ops',
    config: '',
    events: [...newsKinds],
    isEnabled: true,
  })
  const disks: Disk[] = []
  let kicks = 0
  const open = () => {
    const room = createNewsroom(
      deps,
      () => {
        kicks += 1
      },
      async () => disks,
    )
    room.start()
    onTestFinished(() => room.stop())
    return room
  }
  const news = async () => {
    const rows = await db.selectFrom('news').select('news').orderBy('id').execute()
    return rows.map((it) => JSON.parse(it.news))
  }
  return { deps, db, id, disks, open, news, kicks: () => kicks }
}

test('a deploy that fails is told with its reason, its log and what goes on serving; no secret is in it', async () => {
  const { deps, db, id, open, news } = await makeRoom()
  const room = open()
  const commit = { sha: 'a'.repeat(40), message: 'Break it\n\nall', author: 'Ann', at: '' }
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'failed', commit })
  for (let time = 0; time < 2; time++)
    deps.events.publish({ type: 'release', deployment: id, release: 1, status: 'failed', error: failed })
  await room.stop()
  expect(await news()).toEqual([
    {
      type: 'deploy-failed',
      title: 'shop: the deploy of release 1 failed',
      message: 'The build said ••••••. Nothing of it is live.',
      url: `http://slipway.test/apps/${id}/logs?kind=build&release=1&show=failure`,
      app: { id, name: 'shop', url: null },
      release: 1,
      commit: { sha: 'a'.repeat(40), message: 'Break it', author: 'Ann' },
      at: expect.any(String),
    },
  ])
})

test('what happened while nobody could write it down is told at the next start, and never again', async () => {
  const { db, id, open, news } = await makeRoom()
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'failed' })
  await saveStep(
    db,
    { deploymentId: id, number: 1 },
    { name: 'build-image', position: 2, state: 'failed', error: failed },
  )
  await open().stop()
  expect((await news()).map((it) => it.type)).toEqual(['deploy-failed'])
  await open().stop()
  expect(await news()).toHaveLength(1)
})

test('an app that goes down is told once, also over a restart', async () => {
  const { deps, db, id, open, news, kicks } = await makeRoom()
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'live' })
  const room = open()
  await updateDeployment(db, id, { status: 'failed', liveRelease: 1, error: exited })
  deps.events.publish({ type: 'deployment', deployment: id, status: 'failed', error: exited })
  await room.stop()
  await open().stop()
  expect(await news()).toEqual([
    expect.objectContaining({
      type: 'app-down',
      title: 'shop is down',
      message: 'The app exited with code 1.',
      release: 1,
    }),
  ])
  expect(kicks()).toBeGreaterThan(0)
})

test('a command that fails after a deploy is told once, also over a restart, and the next deploy is good news', async () => {
  const { deps, db, id, open, news } = await makeRoom()
  const error = { step: 'run-post-deploy', code: 'post_deploy_failed', message: 'It ended with exit code 4' } as const
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'live' })
  const room = open()
  deps.events.publish({ type: 'deployment', deployment: id, status: 'running', error: null })
  deps.events.publish({ type: 'release', deployment: id, release: 1, status: 'live' })
  // It may have failed before anybody came to note that the release is live.
  await updateDeployment(db, id, { status: 'running', liveRelease: 1, error })
  deps.events.publish({ type: 'deployment', deployment: id, status: 'running', error })
  await room.stop()
  await open().stop()
  expect(await news()).toMatchObject([
    {
      type: 'deploy-failed',
      title: 'shop: the deploy of release 1 failed',
      message: 'It ended with exit code 4. Release 1 goes on serving.',
    },
  ])

  const deployment = await findDeployment(db, id)
  if (!deployment) throw new Error('there is no app')
  await insertRelease(db, deployment)
  await updateDeployment(db, id, { liveRelease: 2, error: null })
  const next = open()
  deps.events.publish({ type: 'release', deployment: id, release: 2, status: 'live' })
  await next.stop()
  expect((await news()).map((it) => it.type)).toEqual(['deploy-failed', 'deploy-recovered'])
})

test('a disk that is nearly full is told once, also over a restart', async () => {
  const { disks, open, news } = await makeRoom()
  disks.push(full)
  await open().stop()
  await open().stop()
  expect(await news()).toEqual([
    expect.objectContaining({
      type: 'disk-nearly-full',
      title: 'The disk is 90 % full',
      message: expect.stringContaining('On the disk of /var/lib/docker 10.0 of 100.0 GiB are free.'),
      url: 'http://slipway.test/machine',
    }),
  ])
})

test('a preview is no news: its pull request says how it is', async () => {
  const { deps, db, id, open, news } = await makeRoom()
  const preview = await makeDeployment(db, 'shop-pr-1')
  await updateDeployment(db, preview, { previewOf: id, status: 'failed', liveRelease: 1, error: exited })
  await updateRelease(db, { deploymentId: preview, number: 1 }, { status: 'failed' })
  const room = open()
  deps.events.publish({ type: 'release', deployment: preview, release: 1, status: 'failed', error: failed })
  await room.stop()
  expect(await news()).toEqual([])
})

test('without a channel nothing is written down, and one that is made later does not get what was before', async () => {
  const { deps, db, id, open, news } = await makeRoom()
  await db.updateTable('channels').set({ is_enabled: 0 }).execute()
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'failed' })
  const room = open()
  deps.events.publish({ type: 'release', deployment: id, release: 1, status: 'failed', error: failed })
  await room.stop()
  await db.updateTable('channels').set({ is_enabled: 1 }).execute()
  await open().stop()
  expect(await news()).toEqual([])
})
