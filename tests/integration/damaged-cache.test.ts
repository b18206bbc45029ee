import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const ENGINE = '/var/run/docker.sock'
/** As Docker 20.10 said it of a cache whose layer was gone. */
const LOST = { errorDetail: { message: 'layer does not exist' }, error: 'layer does not exist' }

let engine: Server
let world: World
let folder: string
const builds: string[] = []

beforeAll(async () => {
  engine = createServer((asked, answer) => {
    const { url = '', method, headers } = asked
    if (/\/build\?/.test(url)) builds.push(url)
    if (/\/build\?/.test(url) && builds.length === 1) {
      asked.resume().on('end', () => answer.end(`${JSON.stringify(LOST)}\n`))
      return
    }
    const onward = request({ socketPath: ENGINE, path: url, method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    asked.pipe(onward)
  })
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-engine-'))
  const socket = path.join(folder, 'docker.sock')
  engine.listen(socket)
  await once(engine, 'listening')
  world = await createWorld({ env: { DOCKER_HOST: `unix://${socket}` } })
})
afterAll(async () => {
  await world.destroy()
  engine.closeAllConnections()
  engine.close()
  await rm(folder, { recursive: true })
})

test('what the engine’s cache has lost is built without the cache, and the log says so', async () => {
  const { url } = await makeApp(world, echo)
  const { id, status } = await world.deploy({ githubUrl: url, subdomain: 'app' })
  expect(status).toBe('running')
  expect(builds.map((it) => new URLSearchParams(it).get('nocache'))).toEqual([null, 'true'])
  const { body } = await world.slipway.api('GET', `/api/logs/${id}?kind=build`)
  const texts = body.lines.map((it: { text: string }) => it.text)
  expect(texts).toContainEqual(expect.stringContaining('it is built without the cache'))
})
