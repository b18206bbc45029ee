import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyApp } from '../support/busy-app.ts'
import { byWhom, quantile, startEvenLoad, visitorOfApi, visitorsOfApp } from '../support/even-load.ts'
import { type Hostile, hostileKinds, makeHostile } from '../support/hostile-builds.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const SECONDS = 10
const MEMORY_MB = 1000

let world: World
let steady: any
beforeAll(async () => {
  world = await createWorld({
    env: {
      SLIPWAY_BUILD_CONCURRENCY: '5',
      SLIPWAY_BUILD_TIMEOUT_SECONDS: String(SECONDS),
      SLIPWAY_BUILD_MEMORY_MB: String(MEMORY_MB),
    },
  })
  const { url } = await makeApp(world, busyApp('steady'))
  steady = await world.deploy({ githubUrl: url, subdomain: 'steady' })
})
afterAll(() => world.destroy())

/** Does it while an app is asked a hundred times a second, and Slipway ten times. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const load = startEvenLoad([...visitorsOfApp(world.slipway, 'steady.localhost'), visitorOfApi(world.slipway)])
  try {
    return await work()
  } finally {
    const { app, api } = byWhom(await load.stop())
    expect(app.failures).toEqual([])
    expect(app.latencies.length).toBeGreaterThan(0)
    expect(api.failures).toEqual([])
    // The slowest answers of the machine alone are for the benchmark to say: here others may want its cores as well.
    expect(quantile(api.latencies, 0.98)).toBeLessThan(200)
    expect(Math.max(...api.latencies)).toBeLessThan(500)
  }
}

const EXPECTED: Record<Hostile, { step: string; code: unknown }> = {
  // Its processes may be ended for their memory before there are too many of them.
  'fork bomb': { step: 'build-image', code: expect.stringMatching(/^build_(timed_out|failed|out_of_memory)$/) },
  'memory hog': { step: 'build-image', code: 'build_out_of_memory' },
  'huge context': { step: 'check-out', code: 'repository_too_large' },
  'endless build': { step: 'build-image', code: 'build_timed_out' },
  // The engine reads as fast as it can, which may be to the end: then there is no command left to start the app with.
  'endless log': { step: expect.any(String), code: expect.any(String) },
}

/** Builds that run together may fail of each other: the limits are theirs together. */
async function build(kind: Hostile, expected: object = EXPECTED[kind]): Promise<any> {
  const { url } = await makeHostile(world, kind)
  const app = await world.deploy({ githubUrl: url, subdomain: kind.replace(' ', '-') })
  expect(app).toMatchObject({ status: 'failed', error: expected })
  return app
}

const linesOf = async (id: string) => {
  const { body } = await world.slipway.api('GET', `/api/logs/${id}?limit=1000`)
  return body.lines.map((it: any) => it.text) as string[]
}

describe.skipIf(process.getuid?.() !== 0)('19, 21, 22, 23 running apps and Slipway do not notice', () => {
  test.each(['fork bomb', 'memory hog', 'huge context', 'endless build', 'endless log'] as const)(
    '%s',
    async (kind) => {
      const before = await world.inventory()
      await underLoad(async () => {
        const { id } = await build(kind)
        await world.remove(id)
      })
      expect(await world.inventory()).toEqual(before)
    },
  )

  test('all of them together', async () => {
    const before = await world.inventory()
    await underLoad(async () => {
      const apps = await Promise.all(hostileKinds.map((kind) => build(kind, {})))
      for (const { id } of apps) await world.remove(id)
    })
    expect(await world.inventory()).toEqual(before)
    expect((await world.ask('steady.localhost')).text).toBe('steady')
  })
})

test('22 the log of a build that prints without end is cut, and the server keeps its size', async () => {
  const { readFile } = await import('node:fs/promises')
  const resident = async () =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${world.slipway.pid()}/status`, 'utf8'))?.[1]) / 1024
  const before = await resident()
  const sizes: number[] = []
  const building = build('endless log')
  let isOver = false
  void building.finally(() => {
    isOver = true
  })
  while (!isOver) {
    sizes.push(await resident())
    await sleep(250)
  }
  const { id } = await building
  expect(Math.max(...sizes) - before).toBeLessThan(100)
  const { default: Sqlite } = await import('sqlite3')
  const sqlite = new Sqlite(`${world.slipway.dataDir}/slipway.db`, { readonly: true })
  const { bytes } = sqlite
    .prepare('select sum(length(text)) as bytes from build_logs where deployment_id = ?')
    .get(id) as {
    bytes: number
  }
  sqlite.close()
  expect(bytes).toBeLessThan(9 * 2 ** 20)
  await world.remove(id)
})

test('a build that waits says what for, and can be called back', async () => {
  await world.slipway.terminate()
  await world.slipway.start({ SLIPWAY_MIN_FREE_DISK_MB: '100', SLIPWAY_BUILD_MEMORY_MB: String(2 ** 22) })
  const { default: Sqlite } = await import('sqlite3')
  const sqlite = new Sqlite(`${world.slipway.dataDir}/slipway.db`)
  const known = sqlite.prepare('select memory, disk from build_usage where deployment_id = ?').get(steady.id)
  expect(known).toMatchObject({ memory: expect.any(Number), disk: expect.any(Number) })
  sqlite.prepare('update build_usage set memory = ? where deployment_id = ?').run(2 ** 50, steady.id)
  sqlite.close()
  await world.slipway.api('POST', `/api/deployments/${steady.id}/redeploy?rebuild=true`)
  await expect
    .poll(() => linesOf(steady.id))
    .toContainEqual(expect.stringMatching(/^Waiting: this build needs \d+ MB of memory/))
  await world.slipway.api('POST', `/api/deployments/${steady.id}/cancel`)
  expect(await world.settled(steady.id)).toMatchObject({ status: 'running' })
})

test('a build that fills the disk is ended before it is full', async () => {
  const { statfs } = await import('node:fs/promises')
  const { bavail, bsize } = await statfs(world.slipway.dataDir)
  const reserve = Math.floor((bavail * bsize) / 2 ** 20) - 1500
  await world.slipway.terminate()
  await world.slipway.start({ SLIPWAY_MIN_FREE_DISK_MB: String(reserve), SLIPWAY_BUILD_TIMEOUT_SECONDS: '60' })
  const repository = await makeApp(world, '', {
    Dockerfile: 'FROM node:24-slim\nRUN head -c 20G /dev/urandom > /large\n',
  })
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'large' })
  expect(app).toMatchObject({ status: 'failed', error: { step: 'build-image', code: 'disk_full' } })
  expect(app.error.message).toMatch(/in reserve/)
  await world.remove(app.id)
})

test('from a part of the disk on nothing is built, the doctor says so before, and the report names the apps', async () => {
  const { body } = await world.slipway.api('GET', '/api/disk')
  expect(body).toMatchObject({ warnPercent: 80, stopPercent: 95, others: { slipway: expect.any(Number) } })
  expect(body.apps).toEqual([expect.objectContaining({ deploymentId: steady.id, isGone: false })])
  expect(body.apps[0].images).toBeGreaterThan(0)

  await world.slipway.terminate()
  await world.slipway.start({ SLIPWAY_DISK_WARN_PERCENT: '1', SLIPWAY_MIN_FREE_DISK_MB: '100' })
  const doctor = await world.slipway.api('GET', '/api/doctor')
  expect(doctor.body.findings).toContainEqual(
    expect.objectContaining({ id: expect.stringMatching(/^machine:disk-fills:/), severity: 'warning' }),
  )

  await world.slipway.terminate()
  await world.slipway.start({ SLIPWAY_DISK_STOP_PERCENT: '1', SLIPWAY_MIN_FREE_DISK_MB: '100' })
  const { url } = await makeApp(world, '')
  const app = await world.deploy({ githubUrl: url, subdomain: 'refused' })
  expect(app).toMatchObject({ status: 'failed', error: { step: 'check-out', code: 'disk_full' } })
  expect(app.error.message).toMatch(/% full, and from 1 % on nothing is built/)
  expect((await world.ask('steady.localhost')).status).toBe(200)
  await world.remove(app.id)
})
