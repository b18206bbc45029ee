import { describe, expect, test } from 'vitest'
import { makeCloudflareWorld } from '../support/cloudflare-world.ts'

const POST = /^POST .*\/cfd_tunnel$/

function remembering() {
  const memory = {
    id: undefined as string | undefined,
    load: async () => memory.id,
    async save(id: string) {
      memory.id = id
    },
  }
  return memory
}

test('a tunnel is created once, managed in the dashboard, and remembered', async () => {
  const memory = remembering()
  const world = await makeCloudflareWorld({ rememberTunnel: memory })
  const made = await world.cloudflare.ensureTunnel()
  expect(made).toMatchObject({ name: 'slipway-test', created: true })
  expect(world.standIn.state.tunnels).toMatchObject([{ id: made.id, name: 'slipway-test', config_src: 'cloudflare' }])
  expect(memory.id).toBe(made.id)
  expect(await world.cloudflare.ensureTunnel()).toEqual({ ...made, created: false })
  expect(await world.another().ensureTunnel()).toEqual({ ...made, created: false })
})

test('the instance named slipway has a tunnel of that name', async () => {
  const world = await makeCloudflareWorld({ instance: 'slipway' })
  expect((await world.cloudflare.ensureTunnel()).name).toBe('slipway')
})

test('two at once in one process, and two processes at once, create one', async () => {
  const world = await makeCloudflareWorld()
  const sides = [world.cloudflare, world.cloudflare, world.another(), world.another()]
  const found = await Promise.all(sides.map((side) => side.ensureTunnel()))
  expect(new Set(found.map((tunnel) => tunnel.id)).size).toBe(1)
  expect(found.filter((tunnel) => tunnel.created)).toHaveLength(1)
  expect(world.standIn.state.tunnels).toHaveLength(1)
})

test('a deleted tunnel of our name is not taken for ours', async () => {
  const world = await makeCloudflareWorld()
  const old = world.standIn.state.addTunnel({ name: 'slipway-test', deleted_at: '2026-01-01T00:00:00Z' })
  const made = await world.cloudflare.ensureTunnel()
  expect(made.created).toBe(true)
  expect(made.id).not.toBe(old.id)
})

test('a name that only begins like ours is another tunnel', async () => {
  const world = await makeCloudflareWorld()
  world.standIn.state.addTunnel({ name: 'slipway-test-2' })
  expect((await world.cloudflare.ensureTunnel()).created).toBe(true)
})

test('a remembered tunnel is kept after it was renamed; one that is gone is replaced', async () => {
  const memory = remembering()
  const world = await makeCloudflareWorld({ rememberTunnel: memory })
  const renamed = world.standIn.state.addTunnel({ name: 'renamed by hand' })
  memory.id = renamed.id
  expect(await world.cloudflare.ensureTunnel()).toEqual({ id: renamed.id, name: 'renamed by hand', created: false })
  renamed.deleted_at = new Date().toISOString()
  const next = await world.cloudflare.ensureTunnel()
  expect(next).toMatchObject({ name: 'slipway-test', created: true })
  expect(memory.id).toBe(next.id)
})

describe('a configured tunnel', () => {
  test('is used whatever its name, and none is created', async () => {
    const world = await makeCloudflareWorld()
    const { id } = world.standIn.state.addTunnel({ name: 'shared' })
    const cloudflare = world.another({ tunnelId: id })
    expect(await cloudflare.ensureTunnel()).toEqual({ id, name: 'shared', created: false })
    await cloudflare.addRoute('app.example.com', 'd1')
    await cloudflare.addRecord('app.example.com', 'd1')
    expect(world.standIn.state.records[0]?.content).toBe(`${id}.cfargotunnel.com`)
    expect(world.sent(POST)).toEqual([])
  })

  test.each(['missing', 'deleted'])('that is %s is an error that names the setting', async (how) => {
    const world = await makeCloudflareWorld()
    const { id } = world.standIn.state.addTunnel({ name: 'shared', deleted_at: '2026-01-01T00:00:00Z' })
    const tunnelId = how === 'deleted' ? id : '11111111-1111-4111-8111-111111111111'
    const cloudflare = world.another({ tunnelId })
    const gone = { code: 'tunnel_not_found', message: expect.stringContaining('CLOUDFLARE_TUNNEL_ID') }
    await expect(cloudflare.ensureTunnel()).rejects.toMatchObject(gone)
    await expect(cloudflare.addRoute('app.example.com', 'd1')).rejects.toMatchObject(gone)
    await expect(cloudflare.tunnelToken()).rejects.toMatchObject(gone)
    expect((await cloudflare.check()).problems.join()).toContain('CLOUDFLARE_TUNNEL_ID')
    expect(world.sent(POST)).toEqual([])
  })
})

test('a tunnel that takes its routes from a file is refused: ours would have no effect', async () => {
  const world = await makeCloudflareWorld()
  world.standIn.state.addTunnel({ name: 'slipway-test', config_src: 'local' })
  const refused = { code: 'cloudflare_rejected', message: expect.stringContaining('from a file') }
  await expect(world.cloudflare.ensureTunnel()).rejects.toMatchObject(refused)
  await expect(world.cloudflare.addRoute('app.example.com', 'd1')).rejects.toMatchObject(refused)
})

test('the routes of a tunnel that was deleted are gone with it, so removing them succeeds', async () => {
  const world = await makeCloudflareWorld()
  await world.cloudflare.addRoute('app.example.com', 'd1')
  for (const tunnel of world.standIn.state.tunnels) tunnel.deleted_at = new Date().toISOString()
  await world.cloudflare.removeRoute('app.example.com', 'd1')
  expect(await world.cloudflare.hasRoute('app.example.com', 'd1')).toBe(false)
  expect(await world.cloudflare.listRoutes()).toEqual([])
})

test('a tunnel that was deleted and made again by hand is found by its name, without a restart', async () => {
  const world = await makeCloudflareWorld()
  await world.cloudflare.addRoute('app.example.com', 'd1')
  for (const tunnel of world.standIn.state.tunnels) tunnel.deleted_at = new Date().toISOString()
  const { id } = world.standIn.state.addTunnel({ name: 'slipway-test' })
  expect(await world.cloudflare.hasRoute('app.example.com', 'd1')).toBe(false)
  await world.cloudflare.addRoute('app.example.com', 'd1')
  expect(world.standIn.state.configurations[id]?.config?.ingress?.[0]).toMatchObject({ hostname: 'app.example.com' })
})

test('without a tunnel there is nothing to remove, and looking creates none', async () => {
  const world = await makeCloudflareWorld()
  await world.cloudflare.removeRoute('app.example.com', 'd1')
  expect(await world.cloudflare.hasRoute('app.example.com', 'd1')).toBe(false)
  expect(await world.cloudflare.listRoutes()).toEqual([])
  expect(world.standIn.state.tunnels).toEqual([])
})

test('the first route of a new machine makes the tunnel', async () => {
  const world = await makeCloudflareWorld()
  await world.cloudflare.addRoute('app.example.com', 'd1')
  expect(world.standIn.state.tunnels).toHaveLength(1)
})

test('the tunnel’s token is the one of our tunnel', async () => {
  const world = await makeCloudflareWorld()
  const { id } = await world.cloudflare.ensureTunnel()
  const token = await world.cloudflare.tunnelToken()
  expect(JSON.parse(Buffer.from(token, 'base64').toString())).toMatchObject({ t: id })
})
