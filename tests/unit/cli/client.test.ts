import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createClient } from '../../../cli/client.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ask = (url: string, timeoutMs = 5000) => createClient(url, 'secret').request('GET', '/api/x', { timeoutMs })

test('what the API refuses keeps its code, message, hint and field', async () => {
  const body = { code: 'subdomain_taken', message: 'It is taken.', hint: 'Choose another.', field: 'subdomain' }
  const url = await serve((_, response) =>
    response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
  )
  const failure = await ask(url).catch((error) => error)
  expect(failure).toMatchObject({ exit: 1, status: 409 })
  expect(JSON.parse(JSON.stringify(failure))).toEqual(body)
})

test('a redirect is refused, and nobody else is asked', async () => {
  const asked: string[] = []
  const thief = await serve((request, response) => {
    asked.push(String(request.headers.authorization))
    response.end('{}')
  })
  const url = await serve((_, response) => response.writeHead(302, { location: `${thief}/x` }).end())
  await expect(ask(url)).rejects.toMatchObject({ code: 'redirected', message: expect.stringContaining(thief), exit: 1 })
  expect(asked).toEqual([])
})

test.each([
  ['a page', 200, 'text/html', '<!doctype html>'],
  ['a page of a proxy that reaches nothing', 502, 'text/html', 'Bad Gateway'],
  ['JSON of something else', 404, 'application/json', '{"error": "no"}'],
  ['half a JSON', 200, 'application/json', '{"deployments": ['],
])('%s is not Slipway: 69', async (_, status, type, body) => {
  const url = await serve((_request, response) => response.writeHead(status, { 'content-type': type }).end(body))
  await expect(ask(url)).rejects.toMatchObject({ code: 'not_slipway', exit: 69 })
})

test('nobody there, and nobody who answers in time: 69', async () => {
  const hanging = await serve(() => undefined)
  await expect(ask(hanging, 100)).rejects.toMatchObject({
    code: 'unreachable',
    exit: 69,
    message: expect.stringMatching(/too long/),
  })
  const cut = await serve((request) => request.socket.destroy())
  await expect(ask(cut)).rejects.toMatchObject({ code: 'unreachable', exit: 69 })
  servers.splice(0).forEach((it) => void it.close())
  await expect(ask(cut)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test('a token that has ended says how to log in again', async () => {
  const url = await serve((_, response) =>
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end('{"code":"unauthenticated","message":"Log in."}'),
  )
  await expect(ask(url)).rejects.toMatchObject({ exit: 1, hint: expect.stringContaining(`slipway login ${url}`) })
})
