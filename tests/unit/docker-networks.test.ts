import { createServer } from 'node:http'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createDocker } from '../../server/adapters/docker.ts'
import { makeFolder } from '../support/temp-folder.ts'

test('the network of an app is asked for without IPv6, which the engine’s owner may have given to every network', async () => {
  const asked: unknown[] = []
  const engine = createServer(async (request, response) => {
    if (request.method === 'POST') asked.push(await json(request))
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"Id":"x"}')
  })
  onTestFinished(() => void engine.close())
  const socket = path.join(makeFolder(), 'engine')
  await new Promise<void>((resolve) => engine.listen(socket, resolve))
  await createDocker(`unix://${socket}`, 'test').ensureNetwork('test-app-1', '198.18.0.0/28', {})
  expect(asked).toEqual([expect.objectContaining({ Name: 'test-app-1', EnableIPv6: false })])
})
