import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Cloudflare } from '../../server/adapters/cloudflare.ts'
import { type CloudflareWorld, makeCloudflareWorld } from '../support/cloudflare-world.ts'

const host = 'app.example.com'
type Operation = {
  name: string
  request: RegExp
  prepare?: (c: Cloudflare) => Promise<unknown>
  run: (c: Cloudflare, signal?: AbortSignal) => Promise<unknown>
}

const tunnel = (c: Cloudflare) => c.ensureTunnel()
const reads: Operation[] = [
  { name: 'tunnelToken', request: /^GET .*\/token$/, prepare: tunnel, run: (c, s) => c.tunnelToken(s) },
  {
    name: 'checkHostname',
    request: /^GET .*\/dns_records$/,
    prepare: tunnel,
    run: (c, s) => c.checkHostname(host, 'd1', s),
  },
  { name: 'hasRoute', request: /^GET .*\/configurations$/, prepare: tunnel, run: (c, s) => c.hasRoute(host, 'd1', s) },
  { name: 'listRoutes', request: /^GET .*\/configurations$/, prepare: tunnel, run: (c, s) => c.listRoutes(s) },
  { name: 'hasRecord', request: /^GET .*\/dns_records$/, run: (c, s) => c.hasRecord(host, 'd1', s) },
  { name: 'listRecords', request: /^GET .*\/dns_records$/, run: (c, s) => c.listRecords(s) },
]
const writes: Operation[] = [
  { name: 'ensureTunnel', request: /^POST .*\/cfd_tunnel$/, run: (c, s) => c.ensureTunnel(s) },
  { name: 'addRoute', request: /^PUT .*\/configurations$/, prepare: tunnel, run: (c, s) => c.addRoute(host, 'd1', s) },
  {
    name: 'removeRoute',
    request: /^PUT .*\/configurations$/,
    prepare: (c) => c.addRoute(host, 'd1'),
    run: (c, s) => c.removeRoute(host, 'd1', s),
  },
  { name: 'addRecord', request: /^POST .*\/dns_records$/, prepare: tunnel, run: (c, s) => c.addRecord(host, 'd1', s) },
  {
    name: 'removeRecord',
    request: /^DELETE .*\/dns_records\//,
    prepare: (c) => c.addRecord(host, 'd1'),
    run: (c, s) => c.removeRecord(host, 'd1', s),
  },
]

/** The state without what differs between two worlds: ids, times and versions. */
function outcome({ standIn }: CloudflareWorld): unknown {
  const { tunnels, configurations, records } = standIn.state.snapshot()
  return {
    tunnels: tunnels.map((made) => [made.name, made.config_src]),
    rules: Object.values(configurations).map(({ config }) => config),
    records: records.map(({ type, name, proxied, comment }) => ({ type, name, proxied, comment })),
  }
}

const passing = ['429', '500', 'success-false', 'html', 'timeout-after-effect', 'hang'] as const
type Kind = (typeof passing)[number] | 'denied'
const withoutAnswer = (kind: Kind) => kind === 'timeout-after-effect' || kind === 'hang'

/** Waiting for an answer that never comes is what takes the time here. */
async function prepared({ prepare }: Operation, kind?: Kind, retries = 3): Promise<CloudflareWorld> {
  const waits = kind !== undefined && withoutAnswer(kind)
  const world = await makeCloudflareWorld({ timings: { timeoutMs: waits ? 150 : 2000, retries } })
  await prepare?.(world.cloudflare)
  return world
}

const outcomes = new Map<Operation, unknown>()

/** What the operation leaves when nothing fails. */
async function undisturbed(operation: Operation): Promise<unknown> {
  if (!outcomes.has(operation)) {
    const world = await prepared(operation)
    await operation.run(world.cloudflare)
    outcomes.set(operation, outcome(world))
  }
  return outcomes.get(operation)
}

/** The error that a promise ends with. A promise that succeeds fails the test. */
async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const result = await promise.then(
    () => 'it succeeded',
    (error) => error,
  )
  expect(result).toBeInstanceOf(Error)
  return result
}

describe.each([...reads, ...writes])('$name', (operation) => {
  // A read has no effect that its lost answer could hide: that is the same as `hang`.
  const kinds = passing.filter((kind) => kind !== 'timeout-after-effect' || writes.includes(operation))

  test.each(kinds)('gets over two times %s and has its effect once', async (kind) => {
    const world = await prepared(operation, kind)
    world.standIn.fail({ match: operation.request, kind, times: 2 })
    await operation.run(world.cloudflare)
    expect(outcome(world)).toEqual(await undisturbed(operation))
    expect(world.sent(operation.request).length).toBeGreaterThanOrEqual(kind === 'timeout-after-effect' ? 1 : 3)
  })

  test.each(kinds.filter((kind) => kind !== 'timeout-after-effect'))(
    'gives up on %s after its retries, with a reason and without the token',
    async (kind) => {
      const retries = withoutAnswer(kind) ? 1 : 3
      const world = await prepared(operation, kind, retries)
      const before = outcome(world)
      const sentBefore = world.sent(operation.request).length
      world.standIn.fail({ match: operation.request, kind, times: 99 })
      const failure = await failureOf(operation.run(world.cloudflare))
      const code = kind === 'success-false' ? 'cloudflare_rejected' : 'cloudflare_unavailable'
      expect(failure).toMatchObject({ code })
      expect(world.sent(operation.request).length - sentBefore).toBe(retries + 1)
      if (withoutAnswer(kind)) expect(failure.message).toContain('no answer within 150 ms')
      expect(everythingIn(failure, world)).not.toContain(world.standIn.token)
      expect(outcome(world)).toEqual(before)
    },
  )

  test('names the permission when the token is refused, at once and without the token', async () => {
    const world = await prepared(operation)
    const sentBefore = world.sent(operation.request).length
    world.standIn.fail({ match: operation.request, kind: 'denied', times: 99 })
    const failure = await failureOf(operation.run(world.cloudflare))
    const permission = String(operation.request).includes('dns')
      ? 'Zone → DNS → Edit'
      : 'Account → Cloudflare Tunnel → Edit'
    expect(failure).toMatchObject({ code: 'cloudflare_denied', message: expect.stringContaining(permission) })
    expect(world.sent(operation.request).length - sentBefore).toBe(1)
    expect(everythingIn(failure, world)).not.toContain(world.standIn.token)
  })

  test('ends at once when it is aborted, also in the middle of a request and between attempts', async () => {
    const world = await prepared(operation)
    const slow = world.another({ timings: { timeoutMs: 10_000, backoffMs: 10_000, longestWaitMs: 10_000 } })
    for (const kind of ['hang', '500'] as const) {
      world.standIn.fail({ match: operation.request, kind })
      const startedAt = Date.now()
      const reason = new Error('enough')
      const control = new AbortController()
      setTimeout(() => control.abort(reason), 60)
      await expect(operation.run(slow, control.signal)).rejects.toBe(reason)
      expect(Date.now() - startedAt).toBeLessThan(2000)
    }
  })
})

/** Whatever a log line or a reply could show of the failure. */
function everythingIn(failure: Error, { lines }: CloudflareWorld): string {
  const seen: unknown[] = []
  for (let error: unknown = failure; error instanceof Error; error = error.cause)
    seen.push(error.message, error.stack, JSON.stringify(error, Object.getOwnPropertyNames(error)))
  return [...seen, ...lines].join('\n')
}

test.each([
  ['addRecord', 'duplicate', /^POST .*\/dns_records$/, (c: Cloudflare) => c.addRecord(host, 'd1')],
  ['ensureTunnel', 'duplicate', /^POST .*\/cfd_tunnel$/, (c: Cloudflare) => c.ensureTunnel()],
] as const)(
  '%s that is told of a duplicate which cannot be found ends in cloudflare_rejected',
  async (_name, kind, match, run) => {
    const world = await makeCloudflareWorld()
    if (String(match).includes('dns')) await world.cloudflare.ensureTunnel()
    world.standIn.fail({ match, kind, times: 99 })
    await expect(run(world.cloudflare)).rejects.toMatchObject({ code: 'cloudflare_rejected' })
    expect(world.sent(match).length).toBeLessThanOrEqual(3)
  },
)

test('Retry-After is obeyed, and capped', async () => {
  const world = await makeCloudflareWorld({ timings: { backoffMs: 1, longestWaitMs: 1200 } })
  world.standIn.fail({ match: /dns_records/, kind: '429', retryAfter: 1 })
  let startedAt = Date.now()
  await world.cloudflare.hasRecord(host, 'd1')
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(990)
  world.standIn.fail({ match: /dns_records/, kind: '429', retryAfter: 86_400 })
  startedAt = Date.now()
  await world.cloudflare.hasRecord(host, 'd1')
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1190)
  expect(Date.now() - startedAt).toBeLessThan(2500)
})

test('a write after a failure starts from a fresh read, so what others did meanwhile stays', async () => {
  const world = await makeCloudflareWorld()
  const { id } = await world.cloudflare.ensureTunnel()
  const foreign = {
    ingress: [{ hostname: 'new.example.com', service: 'http://10.0.0.9' }, { service: 'http_status:404' }],
  }
  world.standIn.fail({
    match: (method, path) => {
      if (method !== 'PUT' || !path.endsWith('/configurations')) return false
      world.standIn.state.putConfiguration(id, foreign)
      return true
    },
    kind: '500',
  })
  await world.cloudflare.addRoute(host, 'd1')
  expect(world.standIn.state.configurations[id]?.config?.ingress).toContainEqual(foreign.ingress[0])
  expect(await world.cloudflare.hasRoute(host, 'd1')).toBe(true)
})

describe('check', () => {
  test('finds nothing wrong and changes nothing', async () => {
    const world = await makeCloudflareWorld()
    await world.cloudflare.addRoute(host, 'd1')
    const before = world.standIn.state.snapshot()
    expect(await world.cloudflare.check()).toEqual({ problems: [] })
    expect(world.standIn.state.snapshot()).toEqual(before)
  })

  test.each([
    ['dns', 'none', 'Zone → DNS → Edit'],
    ['dns', 'read', 'Zone → DNS → Edit'],
    ['tunnel', 'none', 'Account → Cloudflare Tunnel → Edit'],
    ['tunnel', 'read', 'Account → Cloudflare Tunnel → Edit'],
  ] as const)('names what a token lacks that has %s: %s', async (part, access, permission) => {
    const world = await makeCloudflareWorld()
    world.standIn.state.access[part] = access
    const { problems } = await world.cloudflare.check()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(permission)
  })

  test.each([
    ['zone', { zoneId: 'f'.repeat(32) }, 'CLOUDFLARE_ZONE_ID'],
    ['account', { accountId: 'f'.repeat(32) }, 'CLOUDFLARE_ACCOUNT_ID'],
  ])('says which setting is wrong: %s', async (_name, wrong, setting) => {
    const world = await makeCloudflareWorld(wrong)
    const { problems } = await world.cloudflare.check()
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(setting)
  })

  test('reports a failure in its last part as a problem, too', async () => {
    const world = await makeCloudflareWorld({ timings: { retries: 0 } })
    await world.cloudflare.ensureTunnel()
    world.standIn.fail({ match: /^GET .*\/configurations$/, kind: '500' })
    expect((await world.cloudflare.check()).problems.join()).toContain('with 500')
  })

  test('says when nothing answers, without the token', async () => {
    const world = await makeCloudflareWorld()
    const unreachable = world.another({ baseUrl: 'http://127.0.0.1:9', timings: { retries: 0 } })
    const { problems } = await unreachable.check()
    expect(problems.join('\n')).toContain('could not be reached')
    expect(problems.join('\n')).not.toContain(world.standIn.token)
  })
})

describe('a 404 that does not come from Cloudflare, or is about the account', () => {
  test('is no proof that a tunnel is gone: removing a route from it fails', async () => {
    const world = await makeCloudflareWorld()
    await world.cloudflare.addRoute(host, 'd1')
    const [tunnel] = world.standIn.state.tunnels
    const wrong = world.another({ accountId: 'f'.repeat(32), tunnelId: tunnel?.id })
    for (const call of [
      () => wrong.removeRoute(host, 'd1'),
      () => wrong.hasRoute(host, 'd1'),
      () => wrong.ensureTunnel(),
    ])
      await expect(call()).rejects.toMatchObject({
        code: 'cloudflare_rejected',
        message: expect.stringContaining('CLOUDFLARE_ACCOUNT_ID'),
      })
    const elsewhere = world.another({
      baseUrl: world.standIn.url.replace('/client/v4', '/elsewhere'),
      tunnelId: tunnel?.id,
    })
    await expect(elsewhere.removeRoute(host, 'd1')).rejects.toMatchObject({ code: 'cloudflare_rejected' })
    expect(world.standIn.violations.splice(0)).not.toEqual([])
  })

  test('and `success: false` is a failure whatever else is in the answer', async () => {
    const answer = {
      success: false,
      errors: [{ code: 1001, message: 'half done' }],
      messages: [],
      result: { id: 'x', name: 'y' },
    }
    const server = createServer((_request, response) => response.writeHead(200).end(JSON.stringify(answer)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const world = await makeCloudflareWorld()
    const misled = world.another({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      tunnelId: 'x',
    })
    await expect(misled.ensureTunnel()).rejects.toMatchObject({ message: expect.stringContaining('half done (1001)') })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('a proxy’s page with 404 is no proof either', async () => {
    const proxy = createServer((_request, response) => response.writeHead(404).end('<h1>Not found</h1>'))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const world = await makeCloudflareWorld()
    const behind = world.another({
      baseUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      tunnelId: 'x',
    })
    const misled = { code: 'cloudflare_unavailable', message: expect.stringContaining('CLOUDFLARE_BASE_URL') }
    await expect(behind.removeRoute(host, 'd1')).rejects.toMatchObject(misled)
    await expect(behind.hasRecord(host, 'd1')).rejects.toMatchObject(misled)
    await new Promise((resolve) => proxy.close(resolve))
  })
})

test.each(['secret with a space', 'secret\nline', 'secret–dash'])(
  'a malformed token (%j) is named as such and not shown',
  async (apiToken) => {
    const world = await makeCloudflareWorld({ apiToken })
    const failure = await failureOf(world.cloudflare.ensureTunnel())
    expect(failure).toMatchObject({
      code: 'cloudflare_denied',
      message: expect.stringContaining('CLOUDFLARE_API_TOKEN'),
    })
    expect(everythingIn(failure, world)).not.toContain(apiToken)
    expect(world.standIn.requests).toEqual([])
  },
)

test('a wrong token is denied', async () => {
  const world = await makeCloudflareWorld({ apiToken: 'some-other-token-that-is-well-formed' })
  const failure = await failureOf(world.cloudflare.ensureTunnel())
  expect(failure).toMatchObject({ code: 'cloudflare_denied' })
  expect(everythingIn(failure, world)).not.toContain('some-other-token')
})
