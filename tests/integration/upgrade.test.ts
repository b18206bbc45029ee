import { copyFile, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeNextVersion, type NextVersion } from '../support/next-version.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let next: NextVersion
let app: { id: string }
let before: unknown
let visits = 0
const failures: string[] = []
const end = new AbortController()
let visiting: Promise<void>

beforeAll(async () => {
  next = await makeNextVersion()
  world = await createWorld({ env: { SLIPWAY_RECONCILE_SECONDS: '1' } })
  const repository = await makeApp(world, echo)
  app = await world.deploy({
    githubUrl: repository.url,
    subdomain: 'steady',
    volumes: [{ name: 'data', path: '/data' }],
  })
  before = await machine()
  visiting = visit()
})
afterAll(async () => {
  end.abort()
  await visiting
  await world.destroy()
  await next.remove()
})

/** What runs, and since when: an id that stayed and a start that did not would be a restart. */
async function machine() {
  const filters = { label: [`slipway.instance=${world.slipway.instance}`] }
  const containers = await world.docker.listContainers({ all: true, filters })
  const running = await Promise.all(
    containers.map(async ({ Id }) => {
      const { State, RestartCount, HostConfig } = await world.docker.getContainer(Id).inspect()
      return { Id, since: State.StartedAt, pid: State.Pid, RestartCount, ports: HostConfig.PortBindings }
    }),
  )
  const { tables: _, ...inventory } = await world.inventory()
  return { running, inventory }
}

async function visit(): Promise<void> {
  while (!end.signal.aborted) {
    const { status, text } = await world
      .ask('steady.localhost')
      .catch((error: unknown) => ({ status: 0, text: String(error) }))
    visits += 1
    if (status !== 200) failures.push(`${status} ${text.slice(0, 100)}`)
    await sleep(20)
  }
}

const shown = async () => (await world.slipway.api('GET', `/api/deployments/${app.id}`)).body.deployment

test('a newer Slipway takes the database along, and no running app notices', async () => {
  expect(await world.slipway.terminate()).toBe(0)
  await world.slipway.start({}, next.folder)
  expect((await world.slipway.api('GET', '/health')).body.version).toBe(next.version)
  expect(await shown()).toMatchObject({ status: 'running', release: 1 })
  // Two rounds of the reconciler, which puts right what it takes for wrong
  await sleep(2500)
  expect(await machine()).toEqual(before)
})

test('the older one refuses that database, names both, changes nothing, and is not started again and again', async () => {
  expect(await world.slipway.terminate()).toBe(0)
  await expect(world.slipway.start()).rejects.toThrow(/Slipway ended \(78\)/)
  const said = world.slipway.output().slice(-2000)
  expect(said).toMatch(/belongs to a newer Slipway: Slipway 99\.0\.0 \(schema 9999-next\)/)
  expect(said).toMatch(/This is Slipway \d+\.\d+\.\d+ \(schema \d{4}-[\w-]+\)\. Nothing was changed, and apps run on/)
  expect(said).toMatch(/backups\/\S+-before-9999-next\.db/)
})

test('with the copy from before the upgrade put back, the older one goes on where it was', async () => {
  const { dataDir } = world.slipway
  const [copy = ''] = await readdir(path.join(dataDir, 'backups'))
  expect(copy).toMatch(/-before-9999-next\.db$/)
  for (const name of ['slipway.db-wal', 'slipway.db-shm']) await rm(path.join(dataDir, name), { force: true })
  await copyFile(path.join(dataDir, 'backups', copy), path.join(dataDir, 'slipway.db'))
  await world.slipway.start()
  expect(await shown()).toMatchObject({ status: 'running', release: 1 })
  await sleep(2500)
  expect(await machine()).toEqual(before)
})

test('through all of it every visitor was served', async () => {
  end.abort()
  await visiting
  expect(failures).toEqual([])
  expect(visits).toBeGreaterThan(100)
  await world.remove(app.id)
  expect((await world.inventory()).containers).toEqual([])
})
