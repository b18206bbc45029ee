import { beforeEach, describe, expect, test } from 'vitest'
import type { Rule } from '../support/cloudflare-state.ts'
import {
  type CloudflareWorld,
  foreignConfig,
  foreignPart,
  makeCloudflareWorld,
  serviceUrl,
} from '../support/cloudflare-world.ts'

const PUT = /^PUT .*\/configurations$/

let world: CloudflareWorld
let tunnelId: string

beforeEach(async () => {
  world = await makeCloudflareWorld()
  tunnelId = world.standIn.state.addTunnel({ name: 'slipway-test' }).id
  world.standIn.state.putConfiguration(tunnelId, foreignConfig())
})

const config = () => world.standIn.state.configurations[tunnelId]?.config
const isOurs = (rule: Rule) => /^app\d*\.example\.com$/.test(rule.hostname ?? '')
const foreignRule = (name: string): Rule => ({
  hostname: `${name}.example.com`,
  service: 'http://10.9.9.9',
  note: name,
})

/** Another program that adds a rule to what it reads, as the dashboard does. */
function otherWriterAdds(name: string, base = config()) {
  const ingress = [...(base?.ingress ?? [])]
  ingress.splice(1, 0, foreignRule(name))
  world.standIn.state.putConfiguration(tunnelId, { ...base, ingress })
}

test('a route is added before the catch-all and removed again, and the document is what it was, byte for byte', async () => {
  const before = JSON.stringify(config())
  await world.cloudflare.addRoute('app.example.com', 'd1')
  expect(config()?.ingress?.at(-2)).toEqual({
    hostname: 'app.example.com',
    service: serviceUrl,
    originRequest: { originServerName: 'slipway.test.d1' },
  })
  expect(await world.cloudflare.hasRoute('APP.example.com', 'd1')).toBe(true)
  expect(await world.cloudflare.hasRoute('app.example.com', 'd2')).toBe(false)
  expect(await world.cloudflare.listRoutes()).toEqual([
    { hostname: 'app.example.com', service: serviceUrl, deploymentId: 'd1' },
  ])
  await world.cloudflare.removeRoute('App.example.com', 'd1')
  expect(JSON.stringify(config())).toBe(before)
  expect(await world.cloudflare.hasRoute('app.example.com', 'd1')).toBe(false)
})

test('nothing is written when nothing needs changing', async () => {
  await world.cloudflare.addRoute('app.example.com', 'd1')
  expect(world.sent(PUT)).toHaveLength(1)
  await world.cloudflare.addRoute('app.example.com', 'd1')
  await world.cloudflare.removeRoute('other.example.com', 'd1')
  await world.cloudflare.removeRoute('app.example.com', 'd2')
  expect(world.sent(PUT)).toHaveLength(1)
})

test('twenty hostnames at once are all there, and all gone again', async () => {
  const before = JSON.stringify(config())
  const apps = Array.from({ length: 20 }, (_, index) => ({ hostname: `app${index}.example.com`, id: `d${index}` }))
  await Promise.all(apps.map((app) => world.cloudflare.addRoute(app.hostname, app.id)))
  const listed = await world.cloudflare.listRoutes()
  expect(new Map(listed.map((route) => [route.hostname, route.deploymentId]))).toEqual(
    new Map(apps.map((app) => [app.hostname, app.id])),
  )
  expect(foreignPart(config(), isOurs)).toBe(before)
  await Promise.all(apps.map((app) => world.cloudflare.removeRoute(app.hostname, app.id)))
  expect(JSON.stringify(config())).toBe(before)
})

test('a change that fails does not hold up the next', async () => {
  world.standIn.fail({ match: PUT, kind: 'denied' })
  const results = await Promise.allSettled([
    world.cloudflare.addRoute('app1.example.com', 'd1'),
    world.cloudflare.addRoute('app2.example.com', 'd2'),
  ])
  expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled'])
})

describe('another writer at the same moment', () => {
  test('that overwrites our rule before we have proved it: ours is written again, beside its own', async () => {
    const stale = structuredClone(config())
    world.standIn.between(PUT, () => otherWriterAdds('other', stale), 'after')
    await world.cloudflare.addRoute('app.example.com', 'd1')
    expect(config()?.ingress?.some(isOurs)).toBe(true)
    expect(config()?.ingress).toContainEqual(foreignRule('other'))
    expect(world.sent(PUT)).toHaveLength(2)
  })

  test('that brings back a rule we removed: it is removed again, and its own change stays', async () => {
    await world.cloudflare.addRoute('app.example.com', 'd1')
    const stale = structuredClone(config())
    world.standIn.between(PUT, () => otherWriterAdds('other', stale), 'after')
    await world.cloudflare.removeRoute('app.example.com', 'd1')
    expect(config()?.ingress?.some(isOurs)).toBe(false)
    expect(config()?.ingress).toContainEqual(foreignRule('other'))
  })

  test('that overwrites our rule after the proof: the next look says so, and adding again repairs it', async () => {
    const stale = structuredClone(config())
    await world.cloudflare.addRoute('app.example.com', 'd1')
    otherWriterAdds('other', stale)
    expect(await world.cloudflare.hasRoute('app.example.com', 'd1')).toBe(false)
    await world.cloudflare.addRoute('app.example.com', 'd1')
    expect(config()?.ingress?.some(isOurs)).toBe(true)
    expect(config()?.ingress).toContainEqual(foreignRule('other'))
  })

  test('that writes between our read and our write: nothing can guard against it, so it is noticed and reported', async () => {
    world.standIn.between(PUT, () => otherWriterAdds('other'))
    await world.cloudflare.addRoute('app.example.com', 'd1')
    expect(config()?.ingress?.some(isOurs)).toBe(true)
    expect(world.lines.join('\n')).toMatch(/its version 2 was replaced by 3/)
    expect((await world.cloudflare.check()).problems.join('\n')).toMatch(/Another program changed the configuration/)
  })

  test('that never stops: the route is given up after five writes, with the reason', async () => {
    const stale = structuredClone(config())
    for (let writes = 0; writes < 5; writes++) world.standIn.between(PUT, () => otherWriterAdds('x', stale), 'after')
    await expect(world.cloudflare.addRoute('app.example.com', 'd1')).rejects.toMatchObject({
      code: 'cloudflare_rejected',
      message: expect.stringMatching(/keeps changing/),
    })
    expect(world.sent(PUT)).toHaveLength(5)
  })

  test('that is a second Slipway: after one round of repairs both have all their routes', async () => {
    const before = JSON.stringify(config())
    const sides = [world.cloudflare, world.another()]
    const jobs = sides.flatMap((side, number) =>
      Array.from({ length: 5 }, (_, index) => ({
        side,
        hostname: `app${number}${index}.example.com`,
        id: `d${number}${index}`,
      })),
    )
    await Promise.all(jobs.map(({ side, hostname, id }) => side.addRoute(hostname, id)))
    for (const { side, hostname, id } of jobs)
      if (!(await side.hasRoute(hostname, id))) await side.addRoute(hostname, id)
    expect((await world.cloudflare.listRoutes()).map((route) => route.hostname).toSorted()).toEqual(
      jobs.map((job) => job.hostname).toSorted(),
    )
    expect(foreignPart(config(), isOurs)).toBe(before)
  })
})

describe('somebody else’s hostname', () => {
  test.each(['intranet.example.com', 'FILES.example.com', 'ssh.example.com'])(
    '%s is refused and untouched',
    async (hostname) => {
      const before = world.standIn.state.snapshot()
      const refused = { code: 'tunnel_route_foreign', field: 'subdomain' }
      await expect(world.cloudflare.checkHostname(hostname, 'd1')).rejects.toMatchObject(refused)
      await expect(world.cloudflare.addRoute(hostname, 'd1')).rejects.toMatchObject(refused)
      await world.cloudflare.removeRoute(hostname, 'd1')
      expect(world.standIn.state.snapshot()).toEqual(before)
    },
  )

  test('a hostname of another deployment or another instance is refused too', async () => {
    await world.cloudflare.addRoute('app.example.com', 'd1')
    await expect(world.cloudflare.checkHostname('app.example.com', 'd2')).rejects.toMatchObject({
      code: 'tunnel_route_foreign',
    })
    const other = world.another({ instance: 'other', tunnelId })
    await expect(other.addRoute('app.example.com', 'd1')).rejects.toMatchObject({ code: 'tunnel_route_foreign' })
    expect(await other.listRoutes()).toEqual([])
    await expect(world.cloudflare.checkHostname('app.example.com', 'd1')).resolves.toBeUndefined()
  })

  test('checking a hostname changes nothing, not even when there is no tunnel yet', async () => {
    const fresh = await makeCloudflareWorld({ instance: 'fresh' })
    const before = fresh.standIn.state.snapshot()
    await fresh.cloudflare.checkHostname('app.example.com', 'd1')
    expect(fresh.standIn.state.snapshot()).toEqual(before)
    expect(fresh.sent(/^(POST|PUT|PATCH|DELETE)/)).toEqual([])
  })
})

test('a wildcard of somebody else stays where it is, below our route', async () => {
  await world.cloudflare.addRoute('app.wild.example.com', 'd1')
  const hosts = config()?.ingress?.map((rule) => rule.hostname)
  expect(hosts?.indexOf('app.wild.example.com')).toBe((hosts?.indexOf('*.wild.example.com') ?? 0) - 1)
})

test('a route that a wildcard was put above is a problem until the app is deployed again', async () => {
  await world.cloudflare.addRoute('app.example.com', 'd1')
  const base = config()
  const wildcard = { hostname: '*.example.com', service: 'http://10.1.1.1' }
  world.standIn.state.putConfiguration(tunnelId, { ...base, ingress: [wildcard, ...(base?.ingress ?? [])] })
  expect((await world.cloudflare.check()).problems.join()).toContain('takes the visitors of app.example.com')
  await world.cloudflare.addRoute('app.example.com', 'd1')
  expect((await world.cloudflare.check()).problems).toEqual([])
})

test('a change of the address behind the tunnel is brought to the route in its place', async () => {
  await world.cloudflare.addRoute('app.example.com', 'd1')
  const place = config()?.ingress?.findIndex(isOurs)
  await world.another({ serviceUrl: 'http://127.0.0.1:80' }).addRoute('app.example.com', 'd1')
  expect(config()?.ingress?.findIndex(isOurs)).toBe(place)
  expect((await world.cloudflare.listRoutes()).map((route) => route.service)).toEqual(['http://127.0.0.1:80'])
})

test('only an http address without a path can be behind the tunnel: the mark would have an effect on https', () => {
  for (const wrong of ['https://127.0.0.1:8443', 'http://127.0.0.1:8080/', 'unix:/x.sock'])
    expect(() => world.another({ serviceUrl: wrong })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})
