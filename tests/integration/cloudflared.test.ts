import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cloudflared, createCloudflared } from '../../server/adapters/cloudflared.ts'

/** Notes its arguments, environment and token in a log beside it, serves /ready, and notes the signal that ends it. */
const program = (folder: string) => `#!${process.execPath}
const fs = require('node:fs'), http = require('node:http')
const note = (entry) => fs.appendFileSync(${JSON.stringify(path.join(folder, 'runs.jsonl'))}, JSON.stringify(entry) + '\\n')
const args = process.argv.slice(2)
if (args[0] === '--version') { console.log('cloudflared version 0.0.0'); process.exit(0) }
const file = args[args.indexOf('--token-file') + 1]
note({ pid: process.pid, args, env: Object.keys(process.env), token: fs.readFileSync(file, 'utf8') })
const [host, port] = args[args.indexOf('--metrics') + 1].split(':')
const server = http.createServer((q, s) => {
  if (q.url === '/die') process.exit(3)
  s.writeHead(q.url === '/ready' && !fs.existsSync(${JSON.stringify(path.join(folder, 'offline'))}) ? 200 : 503).end()
}).listen(Number(port), host)
process.on('SIGTERM', () => {
  note({ pid: process.pid, signal: 'SIGTERM' })
  if (!fs.existsSync(${JSON.stringify(path.join(folder, 'stubborn'))})) process.exit(0)
})
console.log('Registered tunnel connection')
`

let folder: string
let port: number
let cloudflared: Cloudflared
let lines: string[]

type Entry = { pid: number; args?: string[]; env?: string[]; token?: string; signal?: string }

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-cloudflared-'))
  await writeFile(path.join(folder, 'cloudflared'), program(folder))
  await chmod(path.join(folder, 'cloudflared'), 0o755)
  port = await freePort()
  lines = []
  cloudflared = make()
})

afterEach(async () => {
  await cloudflared.stop()
  await rm(folder, { recursive: true, force: true })
})

const make = (bin = path.join(folder, 'cloudflared')) =>
  createCloudflared({
    bin,
    tokenFile: path.join(folder, 'data', 'tunnel.token'),
    metricsPort: port,
    log: (line) => lines.push(line),
    timings: { restartMs: 20, longestRestartMs: 100, watchMs: 50, stopMs: 500 },
  })

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: free } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return free
}

async function entries(): Promise<Entry[]> {
  const text = await readFile(path.join(folder, 'runs.jsonl'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

const runs = async () => (await entries()).filter((entry) => entry.args !== undefined)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let left = 200; !(await condition()); left--) {
    if (left === 0) throw new Error('it did not happen within 5 s')
    await sleep(25)
  }
}

test('it runs with the token in a file that only we can read, and never in the arguments or the environment', async () => {
  await cloudflared.start('the-secret')
  await until(cloudflared.ready)
  const [run] = await runs()
  const file = path.join(folder, 'data', 'tunnel.token')
  expect(run?.args).toEqual([
    'tunnel',
    '--no-autoupdate',
    '--metrics',
    `127.0.0.1:${port}`,
    'run',
    '--token-file',
    file,
  ])
  expect(run?.token).toBe('the-secret')
  expect(run?.env).toEqual(['PATH'])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(lines).toContain('cloudflared: Registered tunnel connection')
  expect(lines.join('\n')).not.toContain('the-secret')
})

test('it starts again when it dies', async () => {
  await cloudflared.start('t')
  await until(cloudflared.ready)
  await fetch(`http://127.0.0.1:${port}/die`).catch(() => undefined)
  await until(async () => (await runs()).length === 2 && (await cloudflared.ready()))
  expect(lines.some((line) => line.includes('ended (code 3)'))).toBe(true)
})

test('stop ends it with SIGTERM, removes the token file and starts nothing again', async () => {
  await cloudflared.start('t')
  await until(cloudflared.ready)
  await cloudflared.stop()
  const [run, last] = await entries()
  expect(last).toEqual({ pid: run?.pid, signal: 'SIGTERM' })
  expect(isAlive(run?.pid ?? 0)).toBe(false)
  await expect(stat(path.join(folder, 'data', 'tunnel.token'))).rejects.toThrow('ENOENT')
  await sleep(150)
  expect(await runs()).toHaveLength(1)
})

test('one that ignores SIGTERM is killed after the grace period', async () => {
  await writeFile(path.join(folder, 'stubborn'), '')
  await cloudflared.start('t')
  await until(cloudflared.ready)
  const [run] = await runs()
  await cloudflared.stop()
  expect(isAlive(run?.pid ?? 0)).toBe(false)
})

test('another token restarts it, the same one does not', async () => {
  await cloudflared.start('one')
  await until(cloudflared.ready)
  await Promise.all([cloudflared.start('one'), cloudflared.start('one')])
  await sleep(200)
  expect(await runs()).toHaveLength(1)
  await cloudflared.start('two')
  await until(async () => (await runs()).length === 2 && (await cloudflared.ready()))
  expect((await runs()).map((run) => run.token)).toEqual(['one', 'two'])
})

test('two starts at once leave one program, and stop leaves none', async () => {
  await Promise.all([cloudflared.start('one'), cloudflared.start('two')])
  await until(cloudflared.ready)
  await sleep(200)
  await cloudflared.stop()
  const started = await runs()
  expect(started.at(-1)?.token).toBe('two')
  expect(started.filter((run) => isAlive(run.pid))).toEqual([])
})

test('one that runs already is left to work, and ours takes over when it is gone', async () => {
  const other = createServer((_request, response) => response.writeHead(200).end())
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  await cloudflared.start('t')
  await until(async () => lines.some((line) => line.includes('answers on port')))
  expect(await cloudflared.ready()).toBe(true)
  await sleep(200)
  expect(await runs()).toHaveLength(0)
  other.closeAllConnections()
  await new Promise((resolve) => other.close(resolve))
  await until(async () => (await runs()).length === 1 && (await cloudflared.ready()))
})

test('ready is false while it runs without a connection, and when nothing runs', async () => {
  expect(await cloudflared.ready()).toBe(false)
  await writeFile(path.join(folder, 'offline'), '')
  await cloudflared.start('t')
  await until(async () => (await runs()).length === 1)
  await sleep(100)
  expect(await cloudflared.ready()).toBe(false)
  await rm(path.join(folder, 'offline'))
  await until(cloudflared.ready)
})

test('without cloudflared it says so, starts nothing and leaves no token behind', async () => {
  const missing = make(path.join(folder, 'no-such-program'))
  expect(await missing.installed()).toBe(false)
  expect(await cloudflared.installed()).toBe(true)
  await missing.start('t')
  expect(lines.join('\n')).toContain('is not installed')
  await expect(stat(path.join(folder, 'data', 'tunnel.token'))).rejects.toThrow('ENOENT')
})
