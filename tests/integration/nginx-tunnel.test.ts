import { afterAll, beforeAll, expect, test } from 'vitest'
import { appVhost, createWorld, type World } from './nginx-world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ trustCloudflare: true })
  await world.nginx.start()
  const { port } = await world.serve((request, response) => {
    response.end(JSON.stringify(request.headers))
  })
  await world.nginx.install(appVhost('app', port))
})
afterAll(() => world.close())

const headersOf = async (headers: Record<string, string>, from?: string) =>
  JSON.parse((await world.visit('app.localhost', { headers, ...(from && { host: from, localAddress: from }) })).body)

const fromCloudflare = { 'cf-connecting-ip': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-for': '6.6.6.6' }

test('what cloudflared on this machine says about the visitor is believed', async () => {
  expect(await headersOf(fromCloudflare)).toMatchObject({
    'x-real-ip': '203.0.113.9',
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'cf-connecting-ip': '203.0.113.9',
  })
})

test('an address that is none is not passed on as one', async () => {
  const headers = await headersOf({ 'cf-connecting-ip': 'javascript:alert(1)' })
  expect(headers).toMatchObject({ 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'http' })
  expect(JSON.stringify(headers)).not.toContain('javascript')
})

test('the same words from another address count for nothing', async () => {
  const headers = await headersOf(fromCloudflare, '127.0.0.2')
  expect(headers).toMatchObject({
    'x-real-ip': '127.0.0.2',
    'x-forwarded-for': '127.0.0.2',
    'x-forwarded-proto': 'http',
  })
  expect(headers).not.toHaveProperty('cf-connecting-ip')
})
