import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addErrorHandlers } from '../../server/http/errors.ts'
import { uiRoutes } from '../../server/http/routes/ui.ts'
import { upgradeStatus } from '../support/live-socket.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

type Answer = { status: number; headers: IncomingMessage['headers']; body: Buffer }

/** Sends the path as it is written: `fetch` would tidy it up first. */
function ask(url: string, address: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path: address, headers, method, agent: false }, async (response) => {
      const body = Buffer.concat(await Array.fromAsync(response))
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    asking.on('error', reject).end()
  })
}

const HTML = { accept: 'text/html,application/xhtml+xml' }

describe('the files of a build', () => {
  const script = `console.log('${'slipway '.repeat(200)}')`
  let app: FastifyInstance
  let parent: string
  let url: string
  const get = (address: string, headers?: Record<string, string>, method?: string) => ask(url, address, headers, method)

  beforeAll(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'slipway-ui-'))
    const folder = path.join(parent, 'web')
    await mkdir(path.join(folder, 'assets'), { recursive: true })
    const files: Record<string, string | Buffer> = {
      '../secret.txt': 'secret',
      '.env': 'secret',
      'index.html': '<!doctype html><title>Slipway</title>',
      'favicon.svg': '<svg/>',
      'assets/.hidden.js': 'secret',
      'assets/index-a1b2.js': script,
      'assets/index-a1b2.js.br': brotliCompressSync(script),
      'assets/index-a1b2.js.gz': gzipSync(script),
    }
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content)
    app = Fastify()
    addErrorHandlers(app)
    app.get('/api/ports', async () => ({ ports: [] }))
    uiRoutes(app, folder)
    await app.listen({ port: 0, host: '127.0.0.1' })
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await app.close()
    await rm(parent, { recursive: true })
  })

  test('with a hash in their name are kept for ever', async () => {
    const { status, headers, body } = await get('/assets/index-a1b2.js')
    expect([status, body.toString()]).toEqual([200, script])
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    })
  })

  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['gzip;q=0.5', 'gzip'],
    ['identity', undefined],
  ])('come as small as the client takes them: %s', async (accepted, encoding) => {
    const { headers, body } = await get('/assets/index-a1b2.js', { 'accept-encoding': accepted })
    expect(headers['content-encoding']).toBe(encoding)
    expect(Number(headers['content-length'])).toBe(body.length)
    const open = { br: brotliDecompressSync, gzip: gunzipSync }[encoding as string] ?? ((it: Buffer) => it)
    expect(open(body).toString()).toBe(script)
  })

  test.each(['/', '/deployments/12ab', '/settings', '/index.html', '/receipts/1/', '/?tab=logs', '/apiary'])(
    'every page is index.html, asked for anew each time: %s',
    async (address) => {
      const { status, headers, body } = await get(address, HTML)
      expect([status, headers['cache-control']]).toEqual([200, 'no-cache'])
      expect(body.toString()).toContain('<title>Slipway</title>')
      const again = await get(address, { ...HTML, 'if-none-match': headers.etag ?? '' })
      expect([again.status, again.body.length]).toEqual([304, 0])
    },
  )

  test('HEAD tells the same without the content', async () => {
    const { status, headers, body } = await get('/assets/index-a1b2.js', {}, 'HEAD')
    expect([status, headers['content-length'], body.length]).toEqual([200, String(script.length), 0])
  })

  test.each([
    '/assets/index-ffff.js',
    '/assets/',
    '/assets',
    '/assets/index-a1b2.js.br',
    '/api',
    '/api/nothing',
    '/api/ports/1',
    '/health/x',
    '/metrics/',
    '/.env',
    '/assets/.hidden.js',
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets%2findex-a1b2.js',
    '/..%5csecret.txt',
    '/assets/..\\..\\secret.txt',
    '//secret.txt',
    '/%00',
    '/index.html%00.js',
  ])('there is nothing at %s', async (address) => {
    const { status, headers, body } = await get(address, address === '/assets' ? {} : HTML)
    expect([status, headers['content-type']]).toEqual([404, 'application/json; charset=utf-8'])
    expect(JSON.parse(body.toString()).code).toBe('not_found')
  })

  test('a page is only for who asks for one, and only by GET', async () => {
    expect((await get('/settings', { accept: '*/*' })).status).toBe(404)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get('/settings', HTML, method)).status, method).toBe(404)
  })
})

test('without a build a page says how to get one', async () => {
  const app = Fastify()
  uiRoutes(app, '/nowhere')
  const { statusCode, body } = await app.inject({ url: '/', headers: HTML })
  expect(statusCode).toBe(503)
  expect(body).toContain('npm run build')
  await app.close()
})

describe('the real server', () => {
  let slipway: Slipway
  beforeAll(async () => {
    slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
    await slipway.start()
  })
  afterAll(() => slipway.destroy())

  test('serves the pages without a login, and lets a browser do nothing with them but what they need', async () => {
    const { status, headers, body } = await ask(slipway.url, '/deployments/1', HTML)
    expect(status, 'after npm run build').toBe(200)
    expect(body.toString()).toContain('/assets/')
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split(';')
        .map((it) => it.split(/ (.*)/s).slice(0, 2)),
    )
    expect(policy).toEqual({
      'default-src': "'self'",
      'script-src': "'self'",
      'style-src': "'self' 'unsafe-hashes' 'sha256-iaOezIDcQIoxCULa6FBKKuLUu09R7kG+Mlu+JVfU3Rw='",
      'img-src': "'self' data:",
      'font-src': "'self'",
      'connect-src': "'self'",
      'object-src': "'none'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'self' https://github.com",
    })
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
    })
  })

  test('still answers JSON below /api, and opens no WebSocket where there is none', async () => {
    const nothing = await ask(slipway.url, '/api/nothing', HTML)
    expect([nothing.status, JSON.parse(nothing.body.toString()).code]).toEqual([404, 'not_found'])
    expect((await ask(slipway.url, '/api/ports', HTML)).status).toBe(401)
    expect(await upgradeStatus(`${slipway.url}/settings`, HTML)).toBe(404)
  })
})
