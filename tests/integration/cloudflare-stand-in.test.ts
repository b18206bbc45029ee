import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accountId, type CloudflareStandIn, startCloudflare, token, zoneId } from '../support/cloudflare.ts'

const zone = `/zones/${zoneId}/dns_records`
const tunnels = `/accounts/${accountId}/cfd_tunnel`
const tunnelId = '0b3f7a52-5f0e-4d7c-9b43-2f1f6f4f8a11'
const configurations = `${tunnels}/${tunnelId}/configurations`
const cname = { type: 'CNAME', name: 'a.example.com', content: 'x.cfargotunnel.com', proxied: true, ttl: 1 }

let standIn: CloudflareStandIn

beforeEach(async () => {
  standIn = await startCloudflare()
  standIn.state.addTunnel({ id: tunnelId, name: 'preset' })
})

afterEach(() => standIn.stop())

type Answer = { success: boolean; result: unknown; errors: { code: number; message: string }[] }

async function ask(method: string, where: string, body?: unknown, authorization = `Bearer ${token}`) {
  const response = await fetch(`${standIn.url}${where}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...((await response.json()) as Answer) }
}

describe('a request that does not fit the schema', () => {
  test.each<[string, string, string, unknown?]>([
    ['a field of the wrong type', 'POST', zone, { ...cname, proxied: 'yes' }],
    ['a missing field', 'POST', zone, { type: 'CNAME', content: 'x' }],
    ['a misspelt field', 'POST', zone, { ...cname, coment: 'x' }],
    ['an impossible ttl', 'POST', zone, { ...cname, ttl: 7 }],
    ['an address that is none', 'POST', zone, { ...cname, type: 'A' }],
    ['an unknown filter', 'GET', `${zone}?nmae.exact=a`],
    ['a page that is no number', 'GET', `${zone}?page=x`],
    ['a tunnel without a name', 'POST', tunnels, { config_src: 'cloudflare' }],
    ['an unknown config_src', 'POST', tunnels, { name: 'x', config_src: 'remote' }],
    ['no body where one is due', 'POST', tunnels],
    ['a rule without a service', 'PUT', configurations, { config: { ingress: [{ hostname: 'a.example.com' }] } }],
    ['a configuration beside its field', 'PUT', configurations, { ingress: [] }],
    ['an operation that is not in it', 'POST', '/zones', {}],
  ])('%s is refused in Cloudflare’s form, noted, and without effect', async (_name, method, where, body) => {
    const before = standIn.state.snapshot()
    const answer = await ask(method, where, body)
    expect(answer).toMatchObject({ success: false, result: null, errors: [{ code: expect.any(Number) }] })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(standIn.violations).not.toEqual([])
    expect(standIn.state.snapshot()).toEqual(before)
  })

  test('an answer of our own is checked as well', async () => {
    standIn.state.addRecord({ ...cname, proxied: 'yes' as never })
    await ask('GET', zone)
    expect(standIn.violations.join()).toContain('answer to GET')
  })
})

describe('what Cloudflare refuses', () => {
  afterEach(() => expect(standIn.violations).toEqual([]))

  test.each([
    ['another token', 'Bearer wrong'],
    ['no token', ''],
  ])('%s', async (_name, authorization) => {
    expect(await ask('GET', zone, undefined, authorization)).toMatchObject({ status: 401, errors: [{ code: 1000 }] })
  })

  test.each([
    [81053, cname, { type: 'A', content: '192.0.2.1' }],
    [81053, cname, { type: 'CNAME', content: 'other.example.net' }],
    [81054, { ...cname, type: 'A', content: '192.0.2.1' }, { type: 'CNAME', content: 'x.example.net' }],
    [81057, cname, { type: 'CNAME', content: cname.content }],
  ])('%i: a record beside one that excludes it', async (code, wanted, there) => {
    standIn.state.addRecord({ name: 'A.example.com', ...there })
    expect(await ask('POST', zone, wanted)).toMatchObject({ status: 400, errors: [{ code }] })
    expect(standIn.state.records).toHaveLength(1)
  })

  const rule = { hostname: 'a.example.com', service: 'http://x' }
  const all = { service: 'http_status:404' }
  test.each([
    ['no catch-all', [rule]],
    ['a catch-all that is not last', [all, rule, all]],
    ['no rule at all', []],
  ])('a configuration with %s', async (_name, ingress) => {
    expect(await ask('PUT', configurations, { config: { ingress } })).toMatchObject({ status: 400, success: false })
    expect(standIn.state.configurations[tunnelId]?.version).toBe(0)
  })

  test('a second tunnel of a name, and deleting one that is connected', async () => {
    expect(await ask('POST', tunnels, { name: 'preset' })).toMatchObject({ status: 409, errors: [{ code: 1013 }] })
    Object.assign(standIn.state.tunnels[0] ?? {}, { status: 'healthy' })
    expect(await ask('DELETE', `${tunnels}/${tunnelId}`)).toMatchObject({ status: 400, success: false })
  })
})

test('a configuration is kept as it was written, its version counts up, and a deleted tunnel is gone', async () => {
  const config = { b: [1, { z: null, a: 'ü' }], ingress: [{ service: 'http_status:404', x: {} }], a: 1.5 }
  expect(await ask('PUT', configurations, { config })).toMatchObject({ status: 200, result: { version: 1 } })
  const { result } = await ask('GET', configurations)
  expect(JSON.stringify((result as { config: unknown }).config)).toBe(JSON.stringify(config))
  expect(await ask('DELETE', `${tunnels}/${tunnelId}`)).toMatchObject({ status: 200 })
  expect(await ask('GET', configurations)).toMatchObject({ status: 404 })
  expect(await ask('GET', `${tunnels}?is_deleted=false`)).toMatchObject({ result: [] })
  expect(standIn.violations).toEqual([])
})

test('it also runs as a program of its own, and ends with SIGTERM', async () => {
  const program = path.join(import.meta.dirname, '../support/cloudflare.ts')
  const child = spawn(process.execPath, [program, '--port', '0', '--zone', 'example.org'], { stdio: 'pipe' })
  const [line] = await once(child.stdout, 'data')
  const { url, zoneName } = JSON.parse(String(line))
  expect(zoneName).toBe('example.org')
  const response = await fetch(`${url}${zone}`, { headers: { authorization: `Bearer ${token}` } })
  expect(await response.json()).toMatchObject({ success: true, result: [] })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
