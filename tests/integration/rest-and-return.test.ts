import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createActions, saying } from '../support/actions.ts'
import { createSlipway } from '../support/slipway.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let actions: ReturnType<typeof createActions>
beforeAll(async () => {
  world = await createWorld({
    cloudflare: true,
    env: { SLIPWAY_DRAIN_SECONDS: '1', SLIPWAY_RECONCILE_SECONDS: '3600', SLIPWAY_START_TIMEOUT_SECONDS: '10' },
  })
  actions = createActions(world)
})
afterAll(() => world.destroy())

describe('stopped and started', () => {
  let id: string
  beforeAll(async () => {
    const repository = await makeApp(world, saying('awake'))
    id = (await world.deploy({ githubUrl: repository.url, subdomain: 'sleepy' })).id
  })
  afterAll(() => world.remove(id))

  const expectStoppedPage = async () => {
    const { status, text, headers } = await world.ask(actions.hostOf('sleepy'))
    expect(status).toBe(503)
    expect(headers['x-slipway-page']).toBe('stopped')
    expect(text).toMatch(/stopped/i)
  }

  test('a stopped app shows a page that says so, also after the server was restarted', async () => {
    await actions.send('POST', `${id}/stop`)
    await actions.untilStatus(id, 'stopped')
    await expectStoppedPage()
    expect(await world.slipway.terminate()).toBe(0)
    await expectStoppedPage()
    await world.slipway.start()
    expect((await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment.status).toBe('stopped')
    await expectStoppedPage()
  })

  test('start brings it back', async () => {
    await actions.send('POST', `${id}/start`)
    await actions.untilStatus(id, 'running')
    expect(await actions.text('sleepy')).toBe('awake')
  })

  test('restart starts the same container anew', async () => {
    const container = world.docker.getContainer(`${world.slipway.instance}-sleepy-1`)
    const before = await container.inspect()
    await actions.send('POST', `${id}/restart`)
    await expect.poll(async () => (await container.inspect()).State.StartedAt).not.toBe(before.State.StartedAt)
    await actions.untilStatus(id, 'running')
    await expect.poll(() => actions.text('sleepy')).toBe('awake')
    expect((await container.inspect()).Id).toBe(before.Id)
  })

  test('a redeploy of a stopped app starts it', async () => {
    await actions.send('POST', `${id}/stop`)
    await actions.untilStatus(id, 'stopped')
    expect(await actions.carryOut('POST', `${id}/redeploy`)).toMatchObject({ status: 'running', release: 2 })
    expect(await actions.text('sleepy')).toBe('awake')
  })
})

describe('volumes', () => {
  const volumes = [{ name: 'data', path: '/data' }]
  const volumeNames = async () => (await world.inventory()).volumes ?? []

  test('keep their data over a redeploy, and go with the app', async () => {
    const repository = await makeApp(world, saying('notes'))
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'notes', volumes })
    await world.ask(actions.hostOf('notes'), '/write/remember')
    await actions.carryOut('POST', `${id}/redeploy`)
    expect(await actions.text('notes', '/read')).toBe('remember')
    const receipt = await world.remove(id)
    expect(receipt.entries.filter((it: any) => it.kind === 'volume' && !it.verified)).toEqual([])
    expect(await volumeNames()).toEqual([])
  })

  test('stay when the user asks for it: the receipt says so, and the doctor lists them until they are removed', async () => {
    const repository = await makeApp(world, saying('notes'))
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'notes', volumes })
    const [name] = await volumeNames()
    const receipt = await world.remove(id, '?volumes=keep')
    expect(receipt.entries.find((it: any) => it.kind === 'volume')).toEqual({
      release: 1,
      step: 'create-volumes',
      kind: 'volume',
      name,
      removedAt: null,
      verified: false,
      kept: true,
    })
    expect(await volumeNames()).toEqual([name])
    const { findings, kept } = (await world.slipway.api('GET', '/api/doctor?fresh=true')).body
    expect(findings).toEqual([])
    expect(kept).toMatchObject([{ id: `kept:volume:${name}`, kind: 'kept', deploymentId: id, remedy: { safe: false } }])
    await world.slipway.api('POST', '/api/doctor/repair', { ids: [`kept:volume:${name}`] })
    expect(await volumeNames()).toEqual([])
  })

  test('that only a failed release asked for do not outlive the app', async () => {
    const repository = await makeApp(world, saying('notes'))
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'notes', volumes })
    await world.ask(actions.hostOf('notes'), '/write/remember')
    await repository.commit({ 'server.js': 'process.exit(1)' }, 'Break it')
    const app = await actions.carryOut('PATCH', id, { volumes: [...volumes, { name: 'extra', path: '/extra' }] })
    expect(app).toMatchObject({ status: 'running', error: { code: 'app_exited' } })
    expect(await actions.text('notes', '/read')).toBe('remember')
    await world.remove(id)
    expect(await volumeNames()).toEqual([])
  })
})

describe('the server goes and comes back', () => {
  test('SIGTERM during a deploy: it ends with 0, apps keep answering, and the deploy goes on after the start', async () => {
    const repository = await makeApp(world, saying('first'))
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'steady' })
    await repository.commit(
      {
        Dockerfile: `FROM node:24-slim\nRUN sleep 3 && echo ${randomUUID()}\nCOPY server.js .\nEXPOSE 8000\nCMD ["node", "server.js"]\n`,
        'server.js': saying('second'),
      },
      'Build slowly',
    )
    const stop = actions.visit('steady')
    await actions.send('POST', `${id}/redeploy`)
    await expect.poll(async () => (await world.status(id)).step, { timeout: 10_000 }).toBe('build-image')
    await sleep(500)
    expect(await world.slipway.terminate()).toBe(0)
    await sleep(300)
    expect(await actions.text('steady')).toBe('first')
    await world.slipway.start()
    expect(await world.settled(id)).toMatchObject({ status: 'running', release: 2 })
    const { failures, texts } = await stop()
    expect(failures).toEqual([])
    expect(texts.at(-1)).toBe('second')
    await world.remove(id)
  })

  test('a second server refuses the data folder of one that runs, which goes on', async () => {
    const second = await createSlipway({ SLIPWAY_DATA_DIR: world.slipway.dataDir })
    await expect(second.start()).rejects.toThrow(/Another Slipway uses/)
    await second.destroy()
    expect((await world.slipway.api('GET', '/health')).status).toBe(200)
  })
})
