import { once } from 'node:events'
import { appendFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createActions } from '../support/actions.ts'
import { type LiveSocket, openSocket } from '../support/live-socket.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Answers, and falls ill on request: exits once, exits at every start, or takes all memory. */
const sickly = `const { existsSync, writeFileSync } = require('node:fs')
if (existsSync('/tmp/ill')) {
  console.log('still ill')
  process.exit(7)
}
const hoard = []
require('node:http').createServer(({ url }, response) => {
  if (url === '/exit') process.exit(3)
  if (url === '/fall-ill') {
    writeFileSync('/tmp/ill', '')
    process.exit(7)
  }
  if (url === '/eat') for (;;) hoard.push(Buffer.alloc(1e7, 1))
  response.end('well')
}).listen(8000)
process.on('SIGTERM', () => process.exit())
`

let world: World
let actions: ReturnType<typeof createActions>
let events: LiveSocket
let stopVisiting: () => Promise<{ failures: string[] }>
let id: string
const messages = (type: string, more: object = {}) =>
  events.messages.filter(
    (it) => it.type === type && Object.entries(more).every(([key, value]) => it[key] === value) && it.deployment === id,
  )

beforeAll(async () => {
  world = await createWorld({
    cloudflare: true,
    env: { SLIPWAY_RECONCILE_SECONDS: '1', SLIPWAY_DRAIN_SECONDS: '1', SLIPWAY_START_TIMEOUT_SECONDS: '10' },
  })
  actions = createActions(world)
  const { url, token } = world.slipway
  events = await openSocket(`${url}/api/events`, { authorization: `Bearer ${token}` })
})
afterAll(async () => {
  events?.close()
  await stopVisiting?.()
  await world.destroy()
})

const containerName = () => `${world.slipway.instance}-sick-1`
const container = () => world.docker.getContainer(containerName())
const vhost = () => path.join(world.slipway.dataDir, 'vhosts', 'sick.conf')
const repaired = () => messages('repaired').map((it) => `${it.kind} ${it.name}`)
const untilRepaired = (effect: string) => expect.poll(repaired, { timeout: 15_000 }).toContain(effect)
const untilAnswers = () =>
  expect.poll(async () => (await world.ask(actions.hostOf('sick'))).status, { timeout: 15_000 }).toBe(200)
const provoke = (address: string) => world.ask(actions.hostOf('sick'), address).catch(() => undefined)

/** Nothing is said or changed for three rounds, and the doctor is content. */
async function expectCalm() {
  await sleep(1200)
  const lines = () => world.slipway.output().split('reconciler:').length
  const [before, heard] = [lines(), events.messages.length]
  await sleep(3300)
  expect(lines()).toBe(before)
  expect(events.messages.slice(heard).filter((it: any) => it.type !== 'stats')).toEqual([])
  expect(await actions.findings()).toEqual([])
}

async function restart() {
  await actions.send('POST', `${id}/restart`)
  await expect
    .poll(async () => actions.show(id), { timeout: 15_000 })
    .toSatisfy((app: any) => app.status === 'running' && app.error === undefined)
  await untilAnswers()
}

test('a delete that comes in the middle of a round wins: nothing is put back after it', async () => {
  const repository = await makeApp(world, sickly)
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'going' })
  let deleted: Promise<unknown> = Promise.resolve()
  // The round has read that the route is there; before it asks for the record, the app is deleted.
  world.cloudflare?.between(/^GET .*\/configurations$/, async () => {
    deleted = world.remove(app.id)
    await Promise.race([deleted, sleep(3000)])
  })
  await sleep(2000)
  await deleted
  await sleep(1500)
  expect(JSON.stringify(world.cloudflare?.state.snapshot())).not.toContain(actions.hostOf('going'))
  expect(await world.inventory()).toMatchObject({ containers: [], networks: [], vhosts: [], ports: [] })
  expect(await actions.findings()).toEqual([])
})

describe('a container that', () => {
  beforeAll(async () => {
    const repository = await makeApp(world, sickly)
    await world.deploy({ githubUrl: repository.url, subdomain: 'neighbour' })
    stopVisiting = actions.visit('neighbour')
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'sick', overrides: { memoryMb: 96 } })
    id = app.id
  })
  test('was killed from outside shows as failed with its exit code, until it is restarted', async () => {
    await container().kill({ signal: 'SIGKILL' })
    const { error } = await actions.untilStatus(id, 'failed')
    expect(error).toMatchObject({ step: 'run', code: 'app_exited', message: expect.stringContaining('137') })
    await restart()
  })

  test('was removed from outside is put back', async () => {
    await container().remove({ force: true })
    await untilRepaired(`container ${containerName()}`)
    await untilAnswers()
    await actions.untilStatus(id, 'running')
  })

  test('exits once is running again as soon as the engine has restarted it', async () => {
    await provoke('/exit')
    await untilAnswers()
    await actions.untilStatus(id, 'running')
    await expect.poll(async () => (await actions.show(id)).error).toBeUndefined()
  })

  test('could not be started by the engine is started as soon as it can be', async () => {
    const { HostConfig } = await container().inspect()
    const port = Number(
      Object.values(HostConfig.PortBindings as Record<string, { HostPort: string }[]>)[0]?.[0]?.HostPort,
    )
    await container().stop({ t: 1 })
    await actions.untilStatus(id, 'failed')
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    await expect(container().start()).rejects.toThrow(/address already in use|port is already allocated/)
    await expect.poll(async () => (await actions.show(id)).error?.code, { timeout: 15_000 }).toBe('engine_failed')
    other.close()
    await actions.untilStatus(id, 'running')
    await untilAnswers()
    expect((await actions.show(id)).error).toBeUndefined()
  })

  test('ran out of memory is restarted, and the reason stays on show', async () => {
    await provoke('/eat')
    await expect.poll(async () => (await actions.show(id)).error?.code, { timeout: 15_000 }).toBe('app_out_of_memory')
    await untilAnswers()
    await actions.untilStatus(id, 'running')
    await sleep(2500)
    expect(await actions.show(id)).toMatchObject({ status: 'running', error: { code: 'app_out_of_memory' } })
    await restart()
  })

  test('exits again and again is failed all the time, not now and then', async () => {
    await provoke('/fall-ill')
    await expect
      .poll(async () => (await actions.show(id)).error?.message, { timeout: 15_000 })
      .toMatch(/code 7 and is being restarted again and again/)
    await expect.poll(async () => (await container().inspect()).RestartCount, { timeout: 15_000 }).toBeGreaterThan(3)
    const heard = events.messages.length
    await sleep(6000)
    expect(events.messages.slice(heard).filter((it) => it.status === 'running')).toEqual([])
    expect((await actions.show(id)).status).toBe('failed')
    await container().remove({ force: true })
    await actions.untilStatus(id, 'running')
    await untilAnswers()
  })

  test('belongs to a stopped app is put back without being started', async () => {
    await actions.send('POST', `${id}/stop`)
    await actions.untilStatus(id, 'stopped')
    const before = repaired().length
    await container().remove({ force: true })
    await expect.poll(() => repaired().length, { timeout: 15_000 }).toBeGreaterThan(before)
    await expect.poll(async () => (await container().inspect()).State.Running).toBe(false)
    expect((await actions.show(id)).status).toBe('stopped')
    await actions.send('POST', `${id}/start`)
    await actions.untilStatus(id, 'running')
    await untilAnswers()
  })

  test('after all of that a further round changes nothing', expectCalm)
})

describe('what leads to the app', () => {
  test('a network that was removed is put back, and the app is reached again', async () => {
    const network = world.docker.getNetwork(containerName())
    await network.disconnect({ Container: containerName(), Force: true })
    await network.remove()
    await untilRepaired(`network ${containerName()}`)
    await untilAnswers()
  })

  test('a vhost that was deleted is put back', async () => {
    rmSync(vhost())
    await untilRepaired('vhost sick.conf')
    await untilAnswers()
  })

  test('a tunnel route and a record that were removed are put back', async () => {
    const state = world.cloudflare?.state
    const [tunnel] = state?.tunnels ?? []
    const hostname = actions.hostOf('sick')
    const { config } = state?.configurations[tunnel?.id ?? ''] ?? {}
    state?.putConfiguration(tunnel?.id ?? '', {
      ...config,
      ingress: config?.ingress?.filter((rule) => rule.hostname !== hostname) ?? [],
    })
    const before = state?.records.find((it) => it.name === hostname)
    state?.records.splice(
      state.records.findIndex((it) => it.name === hostname),
      1,
    )
    await untilRepaired(`tunnel-route ${hostname}`)
    await untilRepaired(`dns-record ${hostname}`)
    const after = state?.records.find((it) => it.name === hostname)
    expect(after).toMatchObject({ content: before?.content, comment: before?.comment, proxied: true })
    expect(JSON.stringify(state?.configurations[tunnel?.id ?? ''])).toContain(hostname)
  })

  test('after all of that a further round changes nothing', expectCalm)

  test('a vhost broken by hand is put aside: the others go on, deploys too, and the doctor mends it', async () => {
    appendFileSync(vhost(), 'this is not { a configuration')
    await expect.poll(async () => (await world.ask(actions.hostOf('sick'))).status, { timeout: 15_000 }).toBe(404)
    expect((await world.ask(actions.hostOf('neighbour'))).status).toBe(200)
    const repository = await makeApp(world, sickly)
    const other = await world.deploy({ githubUrl: repository.url, subdomain: 'other' })
    expect(other).toMatchObject({ status: 'running' })
    await world.remove(other.id)

    const before = world.slipway.output().split('reconciler:').length
    await sleep(2300)
    expect(world.slipway.output().split('reconciler:').length).toBe(before)
    expect(await actions.findings()).toContainEqual(
      expect.objectContaining({
        id: 'quarantine:sick',
        kind: 'quarantine',
        remedy: expect.objectContaining({ safe: true }),
      }),
    )
    expect((await actions.repair()).failed).toEqual([])
    await untilAnswers()
    expect(await actions.findings()).toEqual([])
  })
})

test('all the while the neighbour answered every visitor', async () => {
  expect((await stopVisiting()).failures).toEqual([])
  expect(world.cloudflare?.violations).toEqual([])
})
