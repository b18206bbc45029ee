import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createActions } from '../support/actions.ts'
import { type HookReceiver, saying, startHookReceiver } from '../support/receivers.ts'
import { dockerfile, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Answers, until it falls ill: then it exits at every start. */
const sickly = `const { existsSync, writeFileSync } = require('node:fs')
if (existsSync('/tmp/ill')) process.exit(7)
require('node:http').createServer(({ url }, response) => {
  if (url === '/fall-ill') {
    writeFileSync('/tmp/ill', '')
    process.exit(7)
  }
  response.end('well')
}).listen(8000)
process.on('SIGTERM', () => process.exit())
`
const everything = ['deploy-failed', 'deploy-recovered', 'app-down', 'app-recovered', 'disk-nearly-full']

let world: World
let hook: HookReceiver
/** An app whose deploys fail within a second. */
let broken: string
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_RECONCILE_SECONDS: '1', SLIPWAY_DRAIN_SECONDS: '1' } })
  hook = await startHookReceiver()
  const repository = await makeApp(world, sickly, { Dockerfile: 'FROM scratch\nCOPY nothing /\n' })
  broken = (await world.deploy({ githubUrl: repository.url, subdomain: 'broken' })).id
})
afterAll(async () => {
  expect(hook.violations).toEqual([])
  await world.destroy()
  await hook.stop()
})
beforeEach(() => {
  hook.received.length = 0
  hook.answer = saying(200, 'ok')
})

const api = (method: string, address: string, body?: unknown) => world.slipway.api(method, address, body)
const list = async (): Promise<any[]> => (await api('GET', '/api/channels')).body.channels
const show = async (id: string) => (await list()).find((it) => it.id === id)

async function make(input: object): Promise<{ id: string; secret: string }> {
  const { status, body } = await api('POST', '/api/channels', { events: everything, ...input })
  expect({ status, message: body.message }).toEqual({ status: 201, message: undefined })
  return { id: body.channel.id, secret: body.secret }
}
const remove = async (id: string) => expect((await api('DELETE', `/api/channels/${id}`)).status).toBe(204)

const told = () => hook.received.filter((it) => it.json.app?.id !== broken)
/** News comes in the order of what happened: once a new failure is told of, nothing of before is on its way any more. */
async function untilAllIsTold(): Promise<void> {
  const count = () => hook.received.length - told().length
  const before = count()
  await createActions(world).carryOut('POST', `${broken}/redeploy`)
  await expect.poll(count).toBe(before + 1)
}

test('a deploy that fails, and the next that is live, is told once each, and a receiver that hangs slows neither', async () => {
  const hanging = await startHookReceiver()
  hanging.answer = undefined
  const channels = [
    await make({ name: 'hook', kind: 'webhook', url: hook.url }),
    await make({ name: 'hangs', kind: 'webhook', url: hanging.url }),
    await make({ name: 'other', kind: 'slack', url: hook.url, events: ['disk-nearly-full'] }),
  ]
  const repository = await makeApp(world, sickly, { Dockerfile: `${dockerfile}RUN echo geheim1234 && exit 3\n` })
  const env = [{ key: 'TOKEN', value: 'geheim1234', secret: true }]
  const failed = await world.deploy({ githubUrl: repository.url, subdomain: 'told', name: 'told', env })
  expect(failed.status).toBe('failed')
  await expect.poll(() => hook.received.length).toBe(1)
  await repository.commit({ Dockerfile: dockerfile }, 'Mend it')
  const began = Date.now()
  const { send } = createActions(world)
  await send('POST', `${failed.id}/redeploy`)
  const live = await world.settled(failed.id)
  expect(live.status).toBe('running')
  expect(Date.now() - began).toBeLessThan(60_000)
  await untilAllIsTold()
  expect(told().map((it) => it.json)).toEqual([
    expect.objectContaining({
      type: 'deploy-failed',
      title: 'told: the deploy of release 1 failed',
      message: expect.stringContaining('Nothing of it is live.'),
      url: `${world.slipway.url}/apps/${failed.id}/logs?kind=build&release=1&show=failure`,
      app: { id: failed.id, name: 'told', url: live.url },
      release: 1,
      commit: expect.objectContaining({ message: 'First commit' }),
      slipway: world.slipway.url,
    }),
    expect.objectContaining({ type: 'deploy-recovered', release: 2 }),
  ])
  expect(hook.received.map((it) => it.body).join()).not.toContain('geheim1234')
  await expect
    .poll(() => show(channels[1]?.id ?? ''))
    .toMatchObject({ lastSentAt: null, lastError: expect.stringContaining('did not answer within 10 s') })
  for (const { id } of channels) await remove(id)
  await hanging.stop()
})

test('an app that dies for good, and then is well again, is told once each, also over a restart of Slipway', async () => {
  const { id: channel } = await make({ name: 'watch', kind: 'webhook', url: hook.url })
  const { send } = createActions(world)
  const app = (await api('GET', '/api/deployments')).body.deployments.find((it: any) => it.subdomain === 'told')
  await world.ask('told.localhost', '/fall-ill').catch(() => undefined)
  await expect.poll(() => hook.received.map((it) => it.json.type)).toEqual(['app-down'])
  expect(hook.received[0]?.json).toMatchObject({
    title: 'told is down',
    message: expect.stringContaining('The app exited with code 7'),
    url: `${world.slipway.url}/apps/${app.id}/logs?kind=runtime&show=failure`,
  })
  await world.slipway.terminate()
  await world.slipway.start()
  await untilAllIsTold()
  expect(told()).toHaveLength(1)

  await send('POST', `${app.id}/redeploy`)
  await world.settled(app.id)
  await expect.poll(() => told().map((it) => it.json.type)).toEqual(['app-down', 'app-recovered'])
  await send('POST', `${app.id}/stop`)
  await world.settled(app.id)
  await untilAllIsTold()
  expect(told()).toHaveLength(2)
  await remove(channel)
})

test('news that is refused for the moment is tried again after a while, under the same id', async () => {
  const { id: channel } = await make({ name: 'later', kind: 'webhook', url: hook.url })
  hook.answer = saying(503, 'later')
  await createActions(world).carryOut('POST', `${broken}/redeploy`)
  await expect.poll(async () => (await show(channel)).lastError).toContain('answered 503: later')
  hook.answer = saying(204)
  await expect.poll(async () => (await show(channel)).lastError, { timeout: 20_000 }).toBeNull()
  expect(hook.received).toHaveLength(2)
  expect(new Set(hook.received.map((it) => it.headers['x-slipway-delivery'])).size).toBe(1)
  await remove(channel)
})
