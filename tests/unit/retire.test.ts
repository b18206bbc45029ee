import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { findDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { insertJob, listJobs } from '../../server/db/jobs.ts'
import { recordEffects } from '../../server/db/ledger.ts'
import { insertRelease, listReleases, type Recipe, updateRelease } from '../../server/db/releases.ts'
import type { Db, JobKind } from '../../server/db/schema.ts'
import { cancelDeploy, deleteApp } from '../../server/deploy/commands.ts'
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

const addresses = {
  domain: 'example.com',
  publicUrl: 'http://localhost',
  githubUrl: 'https://github.com',
  githubApiUrl: 'https://api.github.com',
}

/** A queue, and an nginx whose old workers end when `end` is called. */
async function makeQueue(waiting: number) {
  const db = await makeDatabase()
  const end = Promise.withResolvers<void>()
  const done: string[] = []
  const does = (what: string) => async () => void done.push(what)
  const nginx = {
    install: does('install'),
    uninstall: does('uninstall'),
    has: async () => false,
    owns: async () => false,
    ask: async () => ({ status: 200, release: String(waiting + 1), page: null }),
    drained: (signal?: AbortSignal) =>
      Promise.race([end.promise, sleep(60_000, undefined, { ref: false, ...(signal && { signal }) })]),
  }
  const id = await makeApp(db, waiting)
  const docker = {
    pruneBuildCache: does('prune'),
    stopContainer: does('stop'),
    removeContainer: does('remove'),
    inspectContainer: async () => undefined,
    runContainer: async (_spec: unknown, _say: unknown, signal: AbortSignal) => {
      done.push('command')
      await once(signal, 'abort')
      done.push(signal.reason.code)
      throw signal.reason
    },
  }
  const config = { ...addresses, buildConcurrency: 1, dataDir: '/nowhere', buildTimeoutSeconds: 60 }
  const secrets = { decrypt: () => '[]' }
  const metadataWall = { mode: 'off' }
  const log = console
  const deps = { db, nginx, docker, config, events: createEventHub(), log, secrets, metadataWall } as unknown as Deps
  const queue = createQueue(deps)
  const start = async (kind: JobKind = 'undo', release = waiting + 1) => {
    await insertJob(db, id, kind, release)
    queue.kick()
  }
  return {
    db,
    deps,
    id,
    done,
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

test('a delete is let through however many wait', async () => {
  const { db, id, start, jobs } = await makeQueue(3)
  await start()
  await expect.poll(jobs).toEqual(['running'])
  await start('remove')
  await expect.poll(() => findDeployment(db, id)).toBeUndefined()
})

test('a server that stops waits for no visitors however many wait', async () => {
  const { queue, start, jobs, statuses } = await makeQueue(3)
  await start()
  await expect.poll(jobs).toEqual(['running'])
  await queue.stop()
  expect(await statuses()).toEqual(['live', 'retiring', 'retiring', 'retiring'])
})

test('an app that waits for its visitors before it stops is not stopped when something else is asked for', async () => {
  const { db, done, id, start, jobs } = await makeQueue(0)
  await start('stop')
  await expect.poll(() => done).toEqual(['install'])
  await start('remove')
  await expect.poll(jobs).toEqual([])
  expect(await findDeployment(db, id)).toBeUndefined()
  expect(done).not.toContain('stop')
})

/** A release that failed after visitors could reach it, and is not taken back yet. */
async function makeFailed() {
  const world = await makeQueue(0)
  const { db, id } = world
  const deployment = await findDeployment(db, id)
  if (!deployment) throw new Error('there is no deployment')
  const { number } = await insertRelease(db, deployment)
  const vhost = { kind: 'vhost', name: 'app.conf' }
  await recordEffects(db, { deploymentId: id, release: number, step: 'publish-vhost' }, [vhost], 'present')
  await updateRelease(db, { deploymentId: id, number }, { status: 'undoing' })
  await world.start('undo', number)
  await expect.poll(() => world.done).toContain('install')
  return world
}

test('what failed after visitors could reach it waits for them', async () => {
  const { end, jobs, statuses } = await makeFailed()
  expect(await statuses()).toEqual(['undoing', 'live'])
  end()
  await expect.poll(jobs).toEqual([])
  expect(await statuses()).toEqual(['failed', 'live'])
})

test('a server that stops does not wait for visitors of what failed, and goes on after its next start', async () => {
  const { queue, db, id, statuses } = await makeFailed()
  await queue.stop()
  expect(await statuses()).toEqual(['undoing', 'live'])
  expect(await listJobs(db, { deploymentId: id })).toMatchObject([{ kind: 'undo', state: 'queued', runAfter: null }])
  expect(await findDeployment(db, id)).toMatchObject({ status: 'running', error: null })
})

test('a delete does not wait for visitors of what failed', async () => {
  const { db, id, start } = await makeFailed()
  await start('remove')
  await expect.poll(() => findDeployment(db, id)).toBeUndefined()
})

describe('a command after a deploy, while the last visitors of the version before are waited for,', () => {
  /** It runs until it is ended. */
  async function makeCommand() {
    const world = await makeQueue(1)
    const { db, id, done, start } = world
    const recipe = { settings: { postDeployCommand: 'sleep 900' } } as Recipe
    await updateRelease(db, { deploymentId: id, number: 2 }, { recipe })
    await start('deploy')
    await expect.poll(() => done).toEqual(['command'])
    const deployment = await findDeployment(db, id)
    if (!deployment) throw new Error('there is no deployment')
    return { ...world, deployment }
  }

  test('is ended by a delete', async () => {
    const { db, deps, done, deployment, queue } = await makeCommand()
    await deleteApp(deps, queue, deployment, { keepVolumes: false })
    await expect.poll(() => findDeployment(db, deployment.id)).toBeUndefined()
    expect(done).toContain('cancelled')
  })

  test('can be cancelled', async () => {
    const { deps, done, deployment, jobs, end, queue, statuses } = await makeCommand()
    await cancelDeploy(deps, queue, deployment)
    await expect.poll(() => done).toContain('cancelled')
    end()
    await expect.poll(jobs).toEqual([])
    expect(await statuses()).toEqual(['live', 'retired'])
  })

  test('makes way for the next push', async () => {
    const { db, done, deployment, start, queue } = await makeCommand()
    const { number } = await insertRelease(db, deployment, { cause: { kind: 'push' } })
    await start('deploy', number)
    await expect.poll(() => done).toContain('superseded')
    await queue.stop()
  })
})
