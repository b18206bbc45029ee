import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appVhost, createWorld, freePort, type World } from './nginx-world.ts'

let world: World
/** What the app at echo.localhost was sent. */
const seen = (body: string): http.IncomingHttpHeaders => JSON.parse(body)

beforeAll(async () => {
  world = await createWorld({ readTimeoutSeconds: 1, maxBodyMb: 60 })
  await world.nginx.start()
  const { port } = await world.serve((request, response) => {
    if (request.url === '/own-502') response.writeHead(502)
    if (request.url === '/forged') response.setHeader('X-Slipway-Release', '99').setHeader('X-Slipway-Page', 'stopped')
    if (request.url !== '/never') response.end(JSON.stringify(request.headers))
  })
  await world.nginx.install(appVhost('echo', port, { release: 7 }))
})
afterAll(() => world.close())

/** An nginx that is left alone while the tests run, so that nothing but its own clock ends its idle connection. */
let quiet: World
let idle: { server: http.Server; since: number; before: number }
beforeAll(async () => {
  quiet = await createWorld()
  await quiet.nginx.start()
  const { port, server } = await quiet.serve((_, response) => response.end('ok'))
  server.keepAliveTimeout = 60_000
  await quiet.nginx.install(appVhost('idle', port))
  await quiet.visit('idle.localhost', { method: 'POST', body: 'x' })
  idle = { server, since: Date.now(), before: await connectionsOf(server) }
})
afterAll(() => quiet.close())
const connectionsOf = (server: http.Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

const holdFolder = async () => {
  const conf = await readFile(`${world.settings.dir}/nginx.conf`, 'utf8')
  return /-f "([^"]+)\/\$host"/.exec(conf)?.[1] ?? ''
}

describe('what reaches the app', () => {
  test('the host as the visitor named it, with the port', async () => {
    const plain = await world.visit('echo.localhost')
    expect(plain.status).toBe(200)
    expect(seen(plain.body).host).toBe('echo.localhost')
    const withPort = seen((await world.visit(`ECHO.localhost:${world.settings.httpPort}`)).body)
    expect(withPort.host).toBe(`echo.localhost:${world.settings.httpPort}`)
    expect(withPort['x-forwarded-host']).toBe(`echo.localhost:${world.settings.httpPort}`)
  })

  test('an absolute request target cannot smuggle in another host', async () => {
    const reply = await world.visit('evil.example', { path: 'http://echo.localhost/' })
    expect(seen(reply.body).host).toBe('echo.localhost')
  })

  test('forwarding headers of our own; those from outside are overwritten or gone', async () => {
    const forged = {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-port': '1',
      'x-forwarded-server': 'evil',
      'x-forwarded-prefix': '/evil',
      'x-real-ip': '1.2.3.4',
      'cf-connecting-ip': '1.2.3.4',
      'cf-visitor': '{"scheme":"https"}',
      'true-client-ip': '1.2.3.4',
      forwarded: 'for=1.2.3.4',
      proxy: 'http://evil.example',
    }
    const headers = seen((await world.visit('echo.localhost', { headers: forged })).body)
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'echo.localhost',
      'x-real-ip': '127.0.0.1',
    })
    const rest = Object.keys(headers)
      .filter((name) => !['host', 'x-real-ip'].includes(name))
      .sort()
    expect(rest).toEqual(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'])
  })

  test.each([
    ['__Host-slipway=secret', undefined],
    ['a=1; __Host-slipway=secret', 'a=1'],
    ['__Host-slipway=secret; a=1', 'a=1'],
    ['a=1; __Host-slipway=secret; b=2', 'a=1; b=2'],
    ['__Host-slipway=secret; a=1; __Host-slipway=secret; b=2; __Host-slipway=secret', 'a=1; b=2'],
    ['a=1;__Host-slipway=secret;b=2', 'a=1;b=2'],
    ['my__Host-slipway=kept; __Host-slipway2=kept', 'my__Host-slipway=kept; __Host-slipway2=kept'],
    ['a=1; b=2', 'a=1; b=2'],
  ])('of the cookies %j the app gets %j', async (sent, received) => {
    expect(seen((await world.visit('echo.localhost', { headers: { cookie: sent } })).body).cookie).toBe(received)
  })

  test('several Cookie headers count as one', async () => {
    const cookie = ['a=1', '__Host-slipway=secret', 'b=2']
    const { body } = await world.visit('echo.localhost', { headers: { cookie } })
    expect(body).not.toContain('secret')
    expect(seen(body).cookie).toBe('a=1; b=2')
  })
})

describe('the probe', () => {
  test('names the release that answers, and does not reach the app', async () => {
    expect(await world.nginx.ask('echo.localhost', '/')).toEqual({ status: 200, release: '7', page: null })
    const probe = await readToken()
    const { headers, body } = await world.visit('echo.localhost', { headers: { 'x-slipway-probe': probe } })
    expect(headers['x-slipway-release']).toBe('7')
    expect(seen(body)).not.toHaveProperty('x-slipway-probe')
  })

  test('says nothing to who does not know the token', async () => {
    for (const probe of ['', 'wrong', 'pass', 'vhost', `${(await readToken()).slice(1)}`]) {
      const { headers } = await world.visit('echo.localhost', { headers: { 'x-slipway-probe': probe } })
      expect(headers).not.toHaveProperty('x-slipway-release')
      const status = await world.visit('slipway.slipway-status.invalid', { headers: { 'x-slipway-probe': probe } })
      expect(status.status).toBe(404)
      expect(status.body).not.toContain('generation')
    }
  })

  test('cannot be answered by the app', async () => {
    const { headers } = await world.visit('echo.localhost', { path: '/forged' })
    expect(headers).not.toHaveProperty('x-slipway-release')
    expect(headers).not.toHaveProperty('x-slipway-page')
    expect(await world.nginx.ask('echo.localhost', '/forged')).toEqual({ status: 200, release: '7', page: null })
  })

  test('gives up in time, and when it is told to', async () => {
    const asking = world.nginx.ask('echo.localhost', '/never', { timeoutMs: 100 })
    await expect(asking).rejects.toMatchObject({ code: 'timed_out' })
    const aborted = world.nginx.ask('echo.localhost', '/never', { signal: AbortSignal.timeout(50) })
    await expect(aborted).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  const readToken = async () => (await readFile(`${world.settings.dir}/probe-token`, 'utf8')).trim()
})

describe('what passes through', () => {
  test('a WebSocket, both ways', async () => {
    const { port, server } = await world.serve((_, response) => response.end())
    server.on('upgrade', (request, socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
      socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
      socket.on('data', (data) => socket.write(data))
    })
    await world.nginx.install(appVhost('socket', port))
    const asked = http.request({
      port: world.settings.httpPort,
      headers: {
        host: 'socket.localhost',
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    })
    asked.end()
    const [response, socket] = await once(asked, 'upgrade')
    // The example of RFC 6455, 1.3
    expect(response.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    socket.write('ping')
    expect(String((await once(socket, 'data'))[0])).toBe('ping')
    socket.destroy()
  })

  const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  const plain = (text: string) => text
  test.each([
    ['in chunks', 'transfer-encoding: chunked\r\n', chunked],
    ['until the connection ends', 'connection: close\r\n', plain],
  ])('server-sent events %s, each when it is sent', async (_, header, encode) => {
    const sockets: Socket[] = []
    const app = createServer((socket) => {
      sockets.push(socket)
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${header}\r\n${encode('data: 1\n\n')}`)
    }).listen(0, '127.0.0.1')
    await once(app, 'listening')
    const subdomain = encode === plain ? 'plain' : 'chunked'
    await world.nginx.install(appVhost(subdomain, (app.address() as AddressInfo).port))
    const asked = http.get({ port: world.settings.httpPort, headers: { host: `${subdomain}.localhost` } })
    const [response] = await once(asked, 'response')
    expect(String((await once(response, 'data'))[0])).toContain('data: 1')
    for (const socket of sockets) socket.write(encode('data: 2\n\n'))
    expect(String((await once(response, 'data'))[0])).toContain('data: 2')
    asked.destroy()
    for (const socket of sockets) socket.destroy()
    app.close()
  })

  test('an upload of 50 MB, which the app sees before it has ended; a larger one is refused', async () => {
    let started: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      started = resolve
    })
    const { port } = await world.serve(async (request, response) => {
      const hash = createHash('sha256')
      started()
      for await (const chunk of request) hash.update(chunk)
      response.end(hash.digest('hex'))
    })
    await world.nginx.install(appVhost('upload', port))
    const body = Buffer.alloc(50 * 1024 * 1024, 'slipway')
    const asked = http.request({
      port: world.settings.httpPort,
      method: 'POST',
      headers: { host: 'upload.localhost', 'content-length': body.length },
    })
    asked.write(body.subarray(0, 1024))
    await begun
    asked.end(body.subarray(1024))
    const [response] = await once(asked, 'response')
    let text = ''
    for await (const chunk of response) text += String(chunk)
    expect(text).toBe(createHash('sha256').update(body).digest('hex'))

    const large = { method: 'POST', headers: { 'content-length': 61 * 1024 * 1024 } }
    const refused = http.request({
      port: world.settings.httpPort,
      ...large,
      headers: { ...large.headers, host: 'upload.localhost' },
    })
    refused.flushHeaders()
    const [answer] = await once(refused, 'response')
    expect(answer.statusCode).toBe(413)
    refused.destroy()
  })
})

describe('while a reload is on its way', () => {
  const flag = async () => path.join(await holdFolder(), '.farewell')
  beforeAll(async () => {
    await mkdir(path.dirname(await flag()), { recursive: true })
    await writeFile(await flag(), '')
  })
  afterAll(async () => rm(await flag()))
  const kept = { agent: new http.Agent({ keepAlive: true }) }

  test('an answer ends its connection, and is otherwise the same', async () => {
    const reply = await world.visit('echo.localhost', { ...kept, method: 'POST', body: 'x'.repeat(100_000) })
    expect(reply.headers.connection).toBe('close')
    expect(seen(reply.body)).toMatchObject({ host: 'echo.localhost', 'x-forwarded-for': '127.0.0.1' })
    expect((await world.nginx.ask('echo.localhost', '/')).release).toBe('7')
  })

  test('pages are ours then, too', async () => {
    const reply = await world.visit('echo.localhost', { ...kept, path: '/never' })
    expect([reply.status, reply.headers['x-slipway-page']]).toEqual([504, 'not-answering'])
  })
})

test('otherwise connections are kept', async () => {
  const agent = new http.Agent({ keepAlive: true })
  expect((await world.visit('echo.localhost', { agent })).headers.connection).toBe('keep-alive')
  agent.destroy()
})

describe('pages', () => {
  test('an app that does not listen: 502 with our page', async () => {
    await world.nginx.install(appVhost('down', await freePort(), { release: 3 }))
    const reply = await world.visit('down.localhost', { method: 'POST', body: 'x' })
    expect(reply.status).toBe(502)
    expect(reply.headers).toMatchObject({
      'x-slipway-page': 'not-answering',
      'content-type': 'text/html; charset=utf-8',
    })
    expect(reply.body).toContain('This app is not answering')
    expect(await world.nginx.ask('down.localhost', '/')).toEqual({ status: 502, release: '3', page: 'not-answering' })
  })

  test('an app that is silent for too long: 504 with our page', async () => {
    const reply = await world.visit('echo.localhost', { path: '/never' })
    expect(reply.status).toBe(504)
    expect(reply.headers['x-slipway-page']).toBe('not-answering')
  })

  test('the app’s own 502 passes through', async () => {
    const reply = await world.visit('echo.localhost', { path: '/own-502' })
    expect(reply.status).toBe(502)
    expect(reply.headers).not.toHaveProperty('x-slipway-page')
    expect(seen(reply.body).host).toBe('echo.localhost')
  })

  test.each(['deploying', 'stopped'] as const)('a vhost that shows “%s”', async (page) => {
    await world.nginx.install(appVhost(page, 1, { target: { kind: 'page', page } }))
    const reply = await world.visit(`${page}.localhost`, { path: '/any/path?x=1' })
    expect(reply.status).toBe(503)
    expect(reply.headers['x-slipway-page']).toBe(page)
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
    expect(reply.body).toContain('</html>')
    expect(await world.nginx.ask(`${page}.localhost`, '/')).toEqual({ status: 503, release: '1', page })
  })

  test('an unknown host: 404; while it is held: 503, at once and without a reload', async () => {
    const unknown = await world.visit('new.localhost', { path: '/x' })
    expect([unknown.status, unknown.headers['x-slipway-page']]).toEqual([404, 'unknown-host'])
    const { deploymentId } = appVhost('new', 1)
    await world.hold('new.localhost', deploymentId)
    const held = await world.visit('NEW.localhost:8080', { path: '/x' })
    expect([held.status, held.headers['x-slipway-page'], held.headers['retry-after']]).toEqual([503, 'deploying', '5'])
    expect(await world.nginx.holds('new.localhost')).toBe(true)
    expect(await world.nginx.listHolds()).toEqual([{ hostname: 'new.localhost', deploymentId }])
    expect((await world.visit('other.localhost')).status).toBe(404)

    await world.nginx.unhold('new.localhost')
    await world.nginx.unhold('new.localhost')
    await expect(stat(await holdFolder())).rejects.toThrow('ENOENT')
    expect((await world.visit('new.localhost')).status).toBe(404)
    expect(await world.nginx.holds('new.localhost')).toBe(false)
    expect(await world.nginx.listHolds()).toEqual([])
  })

  test('a host name cannot lead the look for a marker out of its folder', async () => {
    for (const host of ['../probe-token', '..', '.', 'x/../../probe-token', '%2e%2e/probe-token']) {
      expect((await world.visit(host)).status, host).toBeOneOf([400, 404])
    }
  })

  test('nginx tells nobody its version', async () => {
    const replies = [
      await world.visit('echo.localhost'),
      await world.visit('nobody.localhost'),
      await world.visit('..'),
    ]
    for (const { headers, body } of replies) expect(`${headers.server}${body}`).not.toMatch(/nginx\/\d/)
  })
})

test('nginx lets go of an idle connection before the app does, so that no POST meets one that is just closing', async () => {
  const idleFor = Date.now() - idle.since
  // Node keeps idle connections for 5 s
  if (idleFor < 4300) await new Promise((resolve) => setTimeout(resolve, 4300 - idleFor))
  expect(idle.before).toBe(1)
  expect(await connectionsOf(idle.server)).toBe(0)
  expect((await quiet.visit('idle.localhost', { method: 'POST', body: 'x' })).status).toBe(200)
})
