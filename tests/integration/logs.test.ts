import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LiveSocket, openSocket } from '../support/live-socket.ts'
import { makeApp } from '../support/small-app.ts'
import { stepNames } from '../support/steps.ts'
import { createWorld, type World } from '../support/world.ts'

const LINES = 10_000
/** Prints a line, waits, and prints very many. Narrow ones: BuildKit itself clips what a step prints faster than 200 KiB/s. */
const talkative = `FROM node:24-slim
WORKDIR /app
RUN echo "${randomUUID()}" && echo "the build has begun" && sleep 2 && echo "half of it is over" && sleep 2
RUN node -e "let n = 0; const more = () => { for (let k = 0; k < 200 && n < ${LINES}; k++) console.log('line ' + ++n); if (n < ${LINES}) setTimeout(more, 20) }; more()"
COPY server.js .
EXPOSE 8000
CMD ["node", "server.js"]
`
/** Counts aloud when it is asked to. */
const counting = `let n = 0
require('node:http').createServer(({ url }, response) => {
  const times = Number(url.slice(1)) || 0
  for (let k = 0; k < times; k++) (k % 5 === 4 ? console.error : console.log)('said ' + ++n)
  response.end('said')
}).listen(8000)
process.on('SIGTERM', () => process.exit())
`

let world: World
let id: string
const sockets: LiveSocket[] = []

async function open(address: string): Promise<LiveSocket> {
  const socket = await openSocket(`${world.slipway.url}${address}`, { authorization: `Bearer ${world.slipway.token}` })
  sockets.push(socket)
  return socket
}
const get = async (address: string): Promise<any> => {
  const { status, body } = await world.slipway.api('GET', address)
  expect(status).toBe(200)
  return body
}
const read = (query = '') => get(`/api/logs/${id}?${query}`)

/** All lines, page by page. */
async function readAll(query: string, limit: number): Promise<any[]> {
  const lines: any[] = []
  for (let after = 0; ; ) {
    const page = await read(`${query}&after=${after}&limit=${limit}`)
    expect(page.lines.length).toBeLessThanOrEqual(limit)
    if (page.lines.length === 0) return lines
    lines.push(...page.lines)
    expect(page.next).toBe(page.lines.at(-1).seq)
    after = page.next
  }
}
const seqs = (lines: any[]) => lines.map((it) => it.seq)
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Waits until nothing more comes. */
async function quiet(socket: LiveSocket): Promise<any[]> {
  for (let heard = -1; heard !== socket.messages.length; ) {
    heard = socket.messages.length
    await sleep(400)
  }
  return socket.messages
}

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_DRAIN_SECONDS: '1' } })
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  await world.destroy()
})

describe('a build that prints ten thousand lines', () => {
  let events: LiveSocket
  let all: any[]
  let followed: LiveSocket
  let status: any[]

  beforeAll(async () => {
    events = await open('/api/events')
    const repository = await makeApp(world, counting, { Dockerfile: talkative })
    const { body } = await world.slipway.api('POST', '/api/deployments', {
      githubUrl: repository.url,
      subdomain: 'log',
    })
    id = body.deployment.id
    followed = await open(`/api/logs/${id}?kind=build`)
    status = []
    let over = false
    const watching = (async () => {
      while (!over) {
        status.push({ ...(await world.status(id)), heard: followed.messages.length })
        await sleep(50)
      }
    })()
    await followed.until((it) => it.text === 'half of it is over')
    await world.settled(id)
    over = true
    await watching
    all = await readAll('kind=build', 5000)
  })

  test('shows them while it runs: the first long before the deploy is over', () => {
    const early = status.find((it) => it.heard > 0)
    expect(early.step).not.toBe('await-health')
    expect(followed.messages.findIndex((it) => it.text === 'the build has begun')).toBeGreaterThan(-1)
    const [begun, half] = ['the build has begun', 'half of it is over'].map((text) =>
      all.find((it) => it.text === text),
    )
    expect(Date.parse(half.at) - Date.parse(begun.at)).toBeGreaterThan(1500)
  })

  test('keeps every one of them, whole, in order, once', () => {
    const printed = all.filter((it) => it.text.startsWith('line ')).map((it) => it.text)
    expect(printed).toEqual(numbers(LINES).map((n) => `line ${n}`))
    expect(seqs(all)).toEqual(numbers(all.length))
    expect(all.some((it) => /cut here/.test(it.text))).toBe(false)
  })

  test('told them to who followed from the start as they are stored', async () => {
    expect(await quiet(followed)).toEqual(all)
  })

  test('can be followed on after a break, without a gap or a repetition', async () => {
    const first = await open(`/api/logs/${id}?kind=build&after=0`)
    await first.until((it) => it.seq >= 3333)
    first.close()
    await first.closed
    const last = first.messages.at(-1).seq
    const second = await open(`/api/logs/${id}?kind=build&after=${last}`)
    expect([...first.messages, ...(await quiet(second))]).toEqual(all)
  })

  test('is paged over HTTP: after, limit and next', async () => {
    expect(await readAll('kind=build', 777)).toEqual(all)
    expect(await read('kind=build&after=10&limit=2')).toEqual({ lines: all.slice(10, 12), next: 12 })
    expect(await read(`kind=build&after=${all.length}`)).toEqual({ lines: [], next: all.length })
    expect((await read('kind=build')).lines).toHaveLength(1000)
    for (const query of ['after=-1', 'limit=0', 'limit=5001', 'limit=x', 'kind=other'])
      expect((await world.slipway.api('GET', `/api/logs/${id}?${query}`)).status, query).toBe(400)
    expect((await world.slipway.api('GET', `/api/logs/${id}?release=9`)).status).toBe(404)
  })

  test('is paged from its end, too', async () => {
    const { length } = all
    expect((await read(`kind=build&before=${length + 1}&limit=300`)).lines).toEqual(all.slice(-300))
    expect((await read(`kind=build&before=${length - 299}&limit=300`)).lines).toEqual(all.slice(-600, -300))
    expect((await read('kind=build&before=3&limit=300')).lines).toEqual(all.slice(0, 2))
    expect(await read('kind=build&before=1')).toEqual({ lines: [], next: 0 })
    for (const query of ['before=0', 'before=5&after=1', 'kind=runtime&before=5'])
      expect((await world.slipway.api('GET', `/api/logs/${id}?${query}`)).status, query).toBe(400)
  })

  test('goes from pending to done, step by step, and /api/status tells it live', () => {
    const states = (name: string) => {
      const seen = status.map((it) => it.steps.find((step: any) => step.name === name).state)
      return seen.filter((state, index) => state !== seen[index - 1])
    }
    expect(states('build-image')).toEqual(['pending', 'running', 'done'])
    expect(states('start-container')).toEqual(expect.arrayContaining(['pending', 'done']))
    for (const name of stepNames) expect(states(name)[0], name).toMatch(/pending|running|done/)
    expect(status.map((it) => it.status)).toEqual(expect.arrayContaining(['building', 'running']))
    const building = status.find((it) => it.step === 'build-image')
    expect(building.steps.find((it: any) => it.name === 'build-image')).toMatchObject({ endedAt: null })
  })

  test('is told step by step on /api/events, and its lines are not', async () => {
    const told = events.messages.filter((it) => it.deployment === id)
    for (const name of stepNames) {
      const states = told.filter((it) => it.type === 'step' && it.step === name).map((it) => it.state)
      expect(states.slice(0, 2), name).toEqual(['running', 'done'])
    }
    const statuses = told.filter((it) => it.type === 'deployment').map((it) => it.status)
    expect(statuses.filter((it, index) => it !== statuses[index - 1])).toEqual([
      'queued',
      'building',
      'deploying',
      'running',
    ])
    expect(told.filter((it) => it.type === 'log')).toEqual([])
  })
})

describe('what the app itself prints', () => {
  const said = (lines: any[]) => lines.map((it) => it.text).filter((text) => text.startsWith('said '))
  const expected = (count: number) =>
    numbers(count)
      .map((n) => `said ${n}`)
      .sort()

  test('is there over HTTP, page by page, also a burst', async () => {
    await world.ask('log.localhost', '/3000')
    await expect.poll(async () => said(await readAll('kind=runtime', 5000)).length, { timeout: 10_000 }).toBe(3000)
    const all = await readAll('kind=runtime', 5000)
    expect(said(all).sort()).toEqual(expected(3000))
    expect(new Set(seqs(all)).size).toBe(all.length)
    const some = await read(`kind=runtime&after=${all[1499].seq}&limit=200`)
    expect(some.lines).toEqual(all.slice(1500, 1700))
    expect(all.find((it) => it.text === 'said 5')).toMatchObject({ stream: 'stderr', level: 'warn' })
  })

  test('comes live over a WebSocket, from where the reader was', async () => {
    const all = await readAll('kind=runtime', 5000)
    const socket = await open(`/api/logs/${id}?kind=runtime&after=${all.at(-11).seq}`)
    await world.ask('log.localhost', '/10')
    await socket.until((it) => it.text === 'said 3010')
    const lines = await quiet(socket)
    expect(lines.slice(0, 10)).toEqual(all.slice(-10))
    expect(said(lines.slice(10)).sort()).toEqual(
      numbers(10)
        .map((n) => `said ${3000 + n}`)
        .sort(),
    )
  })
})

describe('readers', () => {
  test('of an app or a release that is not there are told so and sent away', async () => {
    const socket = await open('/api/logs/00000000-0000-4000-8000-000000000000')
    expect(await socket.closed).toBe(1000)
    expect(socket.messages).toMatchObject([{ type: 'error', code: 'not_found' }])
  })

  test('may have fifty sockets a session; one more is refused, and there is room again when one closes', async () => {
    for (const socket of sockets.splice(0)) socket.close()
    await sleep(200)
    const many = await Promise.all(numbers(50).map(() => open('/api/events')))
    await Promise.all(many.map((it) => it.until((message) => message.type === 'hello')))
    const refused = await open('/api/events')
    expect(await refused.closed).toBe(4429)
    many[0]?.close()
    await many[0]?.closed
    await sleep(100)
    const admitted = await open('/api/events')
    await admitted.until((message) => message.type === 'hello')
    for (const socket of sockets.splice(0)) socket.close()
  })

  test('44 of a long build log who do not read do not fill the server’s memory, and miss nothing when they go on', async () => {
    const stored = (await readAll('kind=build', 5000)).length
    const sqlite = new Sqlite(path.join(world.slipway.dataDir, 'slipway.db'))
    const insert = sqlite.prepare('insert into build_logs values (?, 1, ?, ?, ?, ?, ?)')
    sqlite.transaction(() => {
      const at = new Date().toISOString()
      for (let seq = stored + 1; seq <= 50_000; seq++) insert.run(id, seq, at, 'stdout', 'info', 'x'.repeat(500))
    })()
    sqlite.close()

    const before = residentMb()
    const slow = await Promise.all(numbers(15).map(() => openSlow(`/api/logs/${id}?kind=build`)))
    await sleep(2500)
    expect(residentMb() - before).toBeLessThan(120)
    const [reader] = slow
    const heard = reader ? listenAgain(reader) : []
    await expect.poll(() => heard.join('').match(/"seq":50000\b/), { timeout: 15_000 }).not.toBeNull()
    const found = [...heard.join('').matchAll(/\{"seq":(\d+)/g)].map((it) => Number(it[1]))
    expect(found).toEqual(numbers(50_000))
    for (const socket of slow) socket.destroy()
  })

  test('44 of a running app who do not keep up are told how many lines they missed', async () => {
    const repository = await makeApp(world, counting)
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'flood' })
    const slow = await openSlow(`/api/logs/${app.id}?kind=runtime`)
    // Less than 10 MB on the engine's side, where the log file would be rotated; more than sockets hold on ours.
    for (let round = 0; round < 9; round++) await world.ask('flood.localhost', '/10000')
    await sleep(2500)
    const heard = listenAgain(slow)
    await expect.poll(() => heard.join(''), { timeout: 15_000 }).toMatch(/\{"type":"dropped","count":\d+\}/)
    await world.ask('flood.localhost', '/1')
    await expect.poll(() => heard.join(''), { timeout: 15_000 }).toContain('"said 90001"')
    slow.destroy()
  })
})

const residentMb = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.slipway.pid()}/status`, 'utf8'))?.[1]) / 1024

function listenAgain(socket: Socket): string[] {
  const heard: string[] = []
  socket.setEncoding('latin1').on('data', (chunk: string) => heard.push(chunk))
  socket.resume()
  return heard
}

/** A WebSocket of which nothing is read. */
function openSlow(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    request(`${world.slipway.url}${address}`, {
      agent: false,
      headers: {
        authorization: `Bearer ${world.slipway.token}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'c2xpcHdheSB0ZXN0IGtleQ==',
      },
    })
      .on('upgrade', (_response, socket: Socket, head) => {
        socket.pause()
        // The first lines may come in one piece with the answer
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      .on('error', reject)
      .end()
  })
}
