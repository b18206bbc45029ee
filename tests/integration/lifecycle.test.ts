import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createActions, saying } from '../support/actions.ts'
import type { Repository } from '../support/git-server.ts'
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

/** Steps that have nothing to do where nobody wishes for more than the app. */
const notAskedFor = ['create-volumes', 'run-pre-deploy', 'run-release-command']
const afterwards = ['connect-webhook', 'run-schedules', 'run-post-deploy']

describe('an app through its releases', () => {
  let repository: Repository
  let id: string
  beforeAll(async () => {
    repository = await makeApp(world, saying('one'))
    id = (await world.deploy({ githubUrl: repository.url, subdomain: 'shop' })).id
  })

  const idle = async () => (await world.status(id)).steps.filter((it: any) => !it.isNeeded).map((it: any) => it.name)

  test('what a first release had nothing to do for is told', async () => {
    expect(await idle()).toEqual(['add-deploy-key', ...notAskedFor, 'retire-previous', ...afterwards])
  })

  test('a redeploy shows the new text, and no visitor sees a gap or the old one again', async () => {
    const stop = actions.visit('shop')
    await repository.commit({ 'server.js': saying('two') }, 'Say two')
    const app = await actions.carryOut('POST', `${id}/redeploy`)
    await sleep(200)
    const { failures, texts } = await stop()
    expect(failures).toEqual([])
    expect(texts.length).toBeGreaterThan(20)
    expect(texts.filter((said, index) => said !== texts[index - 1])).toEqual(['one', 'two'])
    expect(app).toMatchObject({ status: 'running', release: 2, commit: { message: 'Say two' } })
    expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-shop-2`])
    expect(await idle()).toEqual(['hold-hostname', 'add-deploy-key', ...notAskedFor, ...afterwards])
  })

  test('a redeploy that fails leaves the old release serving, and shows why', async () => {
    const before = await world.inventory()
    const stop = actions.visit('shop')
    await repository.commit({ 'server.js': "throw new Error('no database')" }, 'Break it')
    const app = await actions.carryOut('POST', `${id}/redeploy`)
    expect(app).toMatchObject({ status: 'running', release: 2, error: { step: 'await-health', code: 'app_exited' } })
    expect(await stop()).toMatchObject({ failures: [] })
    expect(await actions.text('shop')).toBe('two')
    expect(outside(await world.inventory())).toEqual(outside(before))
    expect((await world.status(id)).steps.find((it: any) => it.name === 'await-health')).toMatchObject({
      state: 'failed',
      error: { code: 'app_exited' },
    })
    await repository.commit({ 'server.js': saying('three') }, 'Mend it')
    const mended = await actions.carryOut('POST', `${id}/redeploy`)
    expect(mended).toMatchObject({ status: 'running', release: 4 })
    expect(mended.error).toBeUndefined()
  })

  test('a rollback serves the image of an earlier release, without a clone or a build', async () => {
    const asked = world.git.requests.length
    const app = await actions.carryOut('POST', `${id}/rollback`, { release: 1 })
    expect(app).toMatchObject({ status: 'running', release: 5, commit: { message: 'First commit' } })
    expect(await actions.text('shop')).toBe('one')
    expect(world.git.requests).toHaveLength(asked)
    const images = [1, 5].map((release) => world.docker.getImage(`${world.slipway.instance}/shop:${release}`).inspect())
    const [first, fifth] = await Promise.all(images)
    expect(fifth?.Id).toBe(first?.Id)
    const without = ['hold-hostname', 'add-deploy-key', 'check-out', 'choose-template']
    expect(await idle()).toEqual([...without, ...notAskedFor, ...afterwards])
  })

  test('a release that never went live cannot be rolled back to, nor can the live one', async () => {
    for (const [release, code] of [
      [3, 'image_gone'],
      [5, 'not_possible_now'],
      [99, 'not_found'],
    ])
      expect((await world.slipway.api('POST', `/api/deployments/${id}/rollback`, { release })).body.code).toBe(code)
  })

  test('changed variables arrive in the app, and one without a value keeps its old one', async () => {
    await actions.carryOut('PATCH', id, { env: [{ key: 'GREETING', value: 'hi', secret: true }] })
    const { entries } = (await world.slipway.api('GET', '/api/audit')).body
    expect(entries.find((it: any) => it.action === 'deployment.change').detail).toEqual({
      changed: ['env'],
      variablesAdded: ['GREETING'],
    })
    expect(JSON.parse(await actions.text('shop', '/env'))).toMatchObject({ GREETING: 'hi' })
    await actions.carryOut('PATCH', id, { env: [{ key: 'GREETING' }, { key: 'MORE', value: '$(x) "q" \\n ü\n2' }] })
    expect(JSON.parse(await actions.text('shop', '/env'))).toMatchObject({ GREETING: 'hi', MORE: '$(x) "q" \\n ü\n2' })
    await actions.carryOut('PATCH', id, { env: [] })
    expect(JSON.parse(await actions.text('shop', '/env'))).not.toHaveProperty('GREETING')
  })

  test('only the images of the live release and of the last five retired ones are kept', async () => {
    for (let more = 0; more < 2; more++) await actions.carryOut('POST', `${id}/redeploy`)
    const releases = await actions.releasesOf(id)
    const kept = releases.filter((it) => ['live', 'retired'].includes(it.status)).map((it) => it.release)
    expect(kept).toHaveLength(6)
    expect(releases.find((it) => it.release === 1)).toMatchObject({ status: 'pruned' })
    const { images } = await world.inventory()
    expect(images).toEqual(kept.map((release) => `${world.slipway.instance}/shop:${release}`).sort())
    const { status, body } = await world.slipway.api('POST', `/api/deployments/${id}/rollback`, { release: 1 })
    expect([status, body.code]).toEqual([410, 'image_gone'])
  })

  test('of many redeploys at once the first and the newest run, those between are dropped', async () => {
    const before = (await actions.releasesOf(id))[0].release
    for (let times = 0; times < 4; times++) await actions.send('POST', `${id}/redeploy`)
    expect(await world.settled(id)).toMatchObject({ status: 'running', release: before + 4 })
    const statuses = (await actions.releasesOf(id)).slice(0, 4).map((it) => it.status)
    expect(statuses).toEqual(['live', 'failed', 'failed', 'retired'])
    const dropped = (await world.slipway.api('GET', `/api/status/${id}?release=${before + 2}`)).body
    expect(dropped.steps.every((it: any) => it.state === 'pending')).toBe(true)
  })

  test('a new subdomain moves the app: under the old name nothing is left, and others may take it', async () => {
    const app = await actions.carryOut('PATCH', id, { subdomain: 'store' })
    expect(app).toMatchObject({ status: 'running', subdomain: 'store', url: 'https://store.example.com' })
    expect(await actions.text('store')).toBe('three')
    expect((await world.ask(actions.hostOf('shop'))).status).toBe(404)
    const there = await world.inventory()
    expect(there.vhosts).toEqual(['store.conf'])
    expect(there.cloudflare?.join()).toContain(actions.hostOf('store'))
    expect(there.cloudflare?.join()).not.toContain(actions.hostOf('shop'))

    const other = await world.deploy({ githubUrl: repository.url, subdomain: 'shop' })
    expect(other.status).toBe('running')
    await world.remove(other.id)
    expect(await world.inventory()).toEqual(there)
    expect(await actions.text('store')).toBe('three')
  })

  test('it goes without a trace', async () => {
    await world.remove(id)
    const left = await world.inventory()
    for (const kind of ['containers', 'images', 'networks', 'volumes', 'ports', 'vhosts', 'checkouts', 'holding'])
      expect(left[kind], kind).toEqual([])
    expect(left.tables?.every((line) => line.endsWith(' 0'))).toBe(true)
  })
})

describe('a name that is about to be given up', () => {
  test('is still taken while its old release serves, so that no other app takes its container', async () => {
    const repository = await makeApp(world, saying('old owner'))
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'old' })
    await actions.carryOut('POST', `${id}/redeploy`)
    await repository.commit({ 'server.js': 'process.exit(1)' }, 'Break it')
    const moved = await actions.carryOut('PATCH', id, { subdomain: 'new' })
    expect(moved.error).toMatchObject({ code: 'app_exited' })
    expect(await actions.text('old')).toBe('old owner')

    const taken = await world.slipway.api('POST', '/api/deployments', { githubUrl: repository.url, subdomain: 'old' })
    expect([taken.status, taken.body.code]).toEqual([409, 'subdomain_taken'])
    expect((await world.slipway.api('GET', '/api/domains/old')).body).toMatchObject({ available: false })
    expect(await actions.text('old')).toBe('old owner')

    expect(await actions.carryOut('POST', `${id}/rollback`, { release: 1 })).toMatchObject({
      subdomain: 'new',
      release: 4,
    })
    expect(await actions.text('new')).toBe('old owner')
    expect((await world.slipway.api('GET', '/api/domains/old')).body).toMatchObject({ available: true })
    await repository.commit({ 'server.js': saying('next owner') }, 'Say who')
    const next = await world.deploy({ githubUrl: repository.url, subdomain: 'old' })
    await world.remove(id)
    expect(await actions.text('old')).toBe('next owner')
    expect((await world.inventory()).images).toEqual([`${world.slipway.instance}/old:1`])
    await world.remove(next.id)
  })
})

/** Rows of failed releases stay; the machine must be as before. */
const outside = ({ tables: _, ...machine }: Awaited<ReturnType<World['inventory']>>) => machine
