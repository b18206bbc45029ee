import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSocket } from '../support/live-socket.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Keeps half a core busy. */
const BUSY = `require('node:http').createServer((_request, response) => response.end('busy')).listen(8000)
setInterval(() => { for (const end = Date.now() + 50; Date.now() < end; ); }, 100)
process.on('SIGTERM', () => process.exit())
`
let world: World
let id: string

beforeAll(async () => {
  world = await createWorld()
  const repository = await makeApp(world, BUSY)
  const input = { githubUrl: repository.url, subdomain: 'busy', overrides: { memoryMb: 128 } }
  id = (await world.deploy(input)).id
})
afterAll(() => world.destroy())

const read = async () => (await world.slipway.api('GET', '/api/stats')).body

test('what machine and app use, without anybody watching', async () => {
  const { machine, apps } = await read()
  expect(machine.cores).toBeGreaterThan(0)
  expect(machine.memoryTotal).toBeGreaterThan(machine.now.memoryUsed)
  expect(machine.diskTotal).toBeGreaterThan(machine.now.diskUsed)
  expect(machine.now.memoryUsed).toBeGreaterThan(50e6)
  expect(machine).toMatchObject({ intervalSeconds: 10, history: expect.any(Array) })
  expect(apps).toEqual([{ deploymentId: id, cpu: null, memory: expect.any(Number), memoryLimit: 128 * 2 ** 20 }])
  expect(apps[0].memory).toBeGreaterThan(5e6)
})

test('comes every five seconds to whoever watches, then with the app’s share of a core', async () => {
  const socket = await openSocket(`${world.slipway.url}/api/events`, { authorization: `Bearer ${world.slipway.token}` })
  const { sample } = await socket.until((it) => it.type === 'stats' && it.sample.apps[0]?.cpu !== null)
  const [app] = sample.apps
  expect(app.deploymentId).toBe(id)
  expect(app.cpu).toBeGreaterThan(0.2)
  expect(app.cpu).toBeLessThan(1)
  expect(sample.machine).not.toHaveProperty('history')
  expect(sample.machine.now.cpu).toBeGreaterThan(0)
  expect(sample.machine.now.cpu).toBeLessThanOrEqual(1)
  socket.close()
  await socket.closed
  const history = async () => (await read()).machine.history.length
  await expect.poll(history, { timeout: 12_000, interval: 500 }).toBeGreaterThan(0)
})

test('a stopped app is not measured, and an engine that is gone is survived', async () => {
  await world.slipway.api('POST', `/api/deployments/${id}/stop`)
  await expect.poll(async () => (await read()).apps, { timeout: 30_000, interval: 500 }).toEqual([])
  await world.slipway.api('POST', `/api/deployments/${id}/start`)
  await expect.poll(async () => (await read()).apps.length, { timeout: 30_000, interval: 500 }).toBe(1)

  expect(await world.slipway.terminate()).toBe(0)
  await world.slipway.start({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  const { machine, apps } = await read()
  expect(apps).toEqual([])
  expect(machine.now.memoryUsed).toBeGreaterThan(0)
  await world.slipway.terminate()
  await world.slipway.start()
  await world.remove(id)
})
