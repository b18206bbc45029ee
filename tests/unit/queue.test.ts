import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Deployment } from '../../server/db/deployments.ts'
import { hurryJobs, insertJob, listJobs } from '../../server/db/jobs.ts'
import { insertRelease } from '../../server/db/releases.ts'
import { cancelDeploy, switchApp } from '../../server/deploy/commands.ts'
import { createQueue, type Queue } from '../../server/deploy/queue.ts'
import type { Deps } from '../../server/deps.ts'
import { type Inside, makeInside } from '../support/inside.ts'

/** One build at a time, and an engine that lets no deploy begin until `release` is called; each fails then. */
let inside: Inside
let deps: Deps
let queue: Queue
let done: string[]
let release: () => void
let busy: Deployment
let waiting: Deployment

beforeEach(async () => {
  inside = await makeInside({ DOCKER_HOST: 'unix:///nowhere/docker.sock', SLIPWAY_BUILD_CONCURRENCY: '1' })
  const gate = Promise.withResolvers<void>()
  release = gate.resolve
  done = []
  const ping = async () => {
    done.push('deploy')
    await gate.promise
    throw new Error('no deploy works here')
  }
  const stopContainer = async (name: string) => void done.push(`stop ${name}`)
  deps = {
    ...inside.deps,
    secrets: { ...inside.deps.secrets, decrypt: () => '[]' },
    docker: { ...inside.deps.docker, ping, stopContainer },
  }
  queue = createQueue(deps)
  busy = await inside.live('https://github.com/acme/busy', 'a'.repeat(40), { subdomain: 'busy' })
  waiting = await inside.live('https://github.com/acme/waiting', 'b'.repeat(40), { subdomain: 'waiting' })
})
afterEach(async () => {
  release()
  await queue.stop()
  await inside.close()
})

async function deploy(app: Deployment) {
  await insertJob(deps.db, app.id, 'deploy', (await insertRelease(deps.db, app)).number)
  queue.kick()
}
const untilDone = (count: number) => expect.poll(() => done.length, { timeout: 3000 }).toBe(count)
const stopped = expect.stringMatching(/^stop .*-1$/)

test('a stop that is asked for while a deploy waits to build comes after it, or the deploy would start the app again', async () => {
  await deploy(busy)
  await untilDone(1)
  await deploy(waiting)
  await switchApp(deps, queue, waiting, 'stop')
  await sleep(100)
  expect(done).toHaveLength(1)
  release()
  await untilDone(3)
  expect(done.slice(1)).toEqual(['deploy', stopped])
  expect(await inside.show(waiting.id)).toMatchObject({ stopped: true, status: 'stopped' })
})

test('it comes at once when the waiting deploy is cancelled, and where no deploy of the app waits', async () => {
  await deploy(busy)
  await untilDone(1)
  await deploy(waiting)
  await switchApp(deps, queue, waiting, 'stop')
  await cancelDeploy(deps, queue, waiting)
  await untilDone(2)
  expect(done[1]).toEqual(stopped)
  await expect.poll(() => listJobs(deps.db, { deploymentId: waiting.id })).toEqual([])
  await switchApp(deps, queue, waiting, 'stop')
  await untilDone(3)
})

test('what was put off by a minute is done when the clock was set back by an hour meanwhile', async () => {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  await insertJob(deps.db, busy.id, 'stop', undefined, at(60_000 + 3_600_000))
  await insertJob(deps.db, waiting.id, 'stop', undefined, at(60_000))
  queue.kick()
  await untilDone(1)
  await sleep(100)
  expect(done).toHaveLength(1)
  expect(await inside.show(busy.id)).toMatchObject({ stopped: true })
})

test('a deploy whose end a full disk did not take is tried again within seconds, and later each time', async () => {
  await sql`create trigger full before update of kind on jobs begin select raise(fail, 'disk is full'); end`.execute(
    deps.db,
  )
  release()
  await deploy(busy)
  const waits = async () => {
    const [job] = await listJobs(deps.db, { deploymentId: busy.id, state: 'queued' })
    return job?.runAfter ? { attempts: job.attempts, seconds: (Date.parse(job.runAfter) - Date.now()) / 1000 } : {}
  }
  await expect.poll(waits).toEqual({ attempts: 1, seconds: expect.closeTo(2, 0) })
  await expect.poll(waits, { timeout: 4000 }).toEqual({ attempts: 2, seconds: expect.closeTo(8, 0) })
  await sql`drop trigger full`.execute(deps.db)
  await hurryJobs(deps.db, busy.id)
  queue.kick()
  await expect.poll(() => inside.show(busy.id), { timeout: 3000 }).toMatchObject({ error: { code: 'internal' } })
})
