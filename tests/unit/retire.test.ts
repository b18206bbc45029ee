import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { findDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { insertJob, listJobs } from '../../server/db/jobs.ts'
import { insertRelease, listReleases, updateRelease } from '../../server/db/releases.ts'
import type { Db } from '../../server/db/schema.ts'
import { createQueue } from '../../server/deploy/queue.ts'
import type { Deps } from '../../server/deps.ts'
import { createEventHub } from '../../server/events.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

/** An app whose newest release is live, and those before it wait until their visitors have gone. */
async function makeApp(db: Db, waiting: number): Promise<string> {
  const id = await makeDeployment(db)
  const deployment = await findDeployment(db, id)
  for (let more = 0; deployment && more < waiting; more++) await insertRelease(db, deployment)
  for (const release of await listReleases(db, id))
    await updateRelease(db, release, { status: release.number > waiting ? 'live' : 'retiring' })
  await updateDeployment(db, id, { liveRelease: waiting + 1, status: 'running' })
  return id
}

/** A queue, and an nginx whose old workers end when `end` is called. */
async function makeQueue(waiting: number) {
  const db = await makeDatabase()
  const end = Promise.withResolvers<void>()
  const nginx = {
    drained: (signal?: AbortSignal) =>
      Promise.race([end.promise, sleep(60_000, undefined, { ref: false, ...(signal && { signal }) })]),
  }
  const id = await makeApp(db, waiting)
  const config = { buildConcurrency: 1, domain: 'example.com', dataDir: '/nowhere' }
  const deps = { db, nginx, config, events: createEventHub(), log: console, secrets: {} } as unknown as Deps
  const queue = createQueue(deps)
  const start = async () => {
    await insertJob(db, id, 'undo', waiting + 1)
    queue.kick()
  }
  return {
    queue,
    start,
    end: end.resolve,
    statuses: async () => (await listReleases(db, id)).map((it) => it.status),
    jobs: async () => (await listJobs(db, { deploymentId: id })).map((it) => it.state),
  }
}

test('what was replaced goes when its visitors have gone', async () => {
  const { start, end, jobs, statuses } = await makeQueue(2)
  await start()
  await expect.poll(jobs).toEqual(['running'])
  expect(await statuses()).toEqual(['live', 'retiring', 'retiring'])
  end()
  await expect.poll(jobs).toEqual([])
  expect(await statuses()).toEqual(['live', 'retired', 'retired'])
})

test('the next job of the app does not wait for visitors, and takes over what was replaced', async () => {
  const { start, end, jobs, statuses } = await makeQueue(2)
  await start()
  await expect.poll(jobs).toEqual(['running'])
  await start()
  await expect.poll(jobs).toEqual(['running'])
  expect(await statuses()).toEqual(['live', 'retiring', 'retiring'])
  end()
  await expect.poll(jobs).toEqual([])
  expect(await statuses()).toEqual(['live', 'retired', 'retired'])
})

test('where three wait already the next job waits, too: old releases do not pile up', async () => {
  const { start, end, jobs, statuses } = await makeQueue(3)
  await start()
  await expect.poll(jobs).toEqual(['running'])
  await start()
  await sleep(300)
  expect(await jobs()).toEqual(['running', 'queued'])
  end()
  await expect.poll(jobs).toEqual([])
  expect(await statuses()).toEqual(['live', 'retired', 'retired', 'retired'])
})

test('a server that stops does not wait for visitors', async () => {
  const { queue, start, jobs, statuses } = await makeQueue(1)
  await start()
  await expect.poll(jobs).toEqual(['running'])
  await queue.stop()
  expect(await statuses()).toEqual(['live', 'retiring'])
})
