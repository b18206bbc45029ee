import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeMachineWithIpv6 } from '../support/machine-with-ipv6.ts'
import { METADATA, METADATA_6, startMetadataService } from '../support/metadata-service.ts'
import { root } from '../support/slipway.ts'

const INSTANCE = `swtest${process.pid}wall`
const run = promisify(execFile)

let removeMetadata: () => Promise<void>
let folder: string
let cgroup: string
let engine: Engine

beforeAll(async () => {
  removeMetadata = await startMetadataService()
  folder = mkdtempSync(path.join(tmpdir(), 'slipway-wall-'))
  cgroup = path.join(mountOfCgroups(), INSTANCE)
  engine = await startEngine('first')
})
afterAll(async () => {
  await wall('down')
  await engine.end()
  rmdirSync(cgroup)
  if (existsSync(path.join(folder, 'cgroup'))) execFileSync('umount', [path.join(folder, 'cgroup')])
  rmSync(folder, { recursive: true })
  await removeMetadata()
})

/** Where control groups of the second version are; a machine of the first version gets a place for them. */
function mountOfCgroups(): string {
  const [, there] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? []
  if (there !== undefined) return there
  const mount = path.join(folder, 'cgroup')
  mkdirSync(mount)
  execFileSync('mount', ['-t', 'cgroup2', 'none', mount])
  return mount
}

type Engine = { pid: number; connect(port: number, host?: string): Promise<string>; end(): Promise<void> }

/** What stands for the engine: a process with a control group of its own, which connects where it is told to. */
async function startEngine(name: string): Promise<Engine> {
  const place = path.join(cgroup, name)
  mkdirSync(place, { recursive: true })
  const script = `process.stdin.on('data', (place) => {
    const [host, port] = String(place).trim().split(' ')
    const socket = require('node:net').connect({ host, port: Number(port), timeout: 3000 })
    const say = (what) => { console.log(what); socket.destroy() }
    socket.on('connect', () => say('open')).on('error', (error) => say(error.code)).on('timeout', () => say('no answer'))
  })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  writeFileSync(path.join(place, 'cgroup.procs'), String(child.pid))
  writeFileSync(path.join(folder, 'engine.pid'), String(child.pid))
  return {
    pid: child.pid ?? 0,
    async connect(port, host = METADATA) {
      child.stdin.write(`${host} ${port}\n`)
      const [answer] = await once(child.stdout, 'data')
      return String(answer).trim()
    },
    async end() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      // The kernel lets go of the process a moment after it has ended
      for (let attempt = 0; existsSync(place) && attempt < 50; attempt++) {
        await sleep(20)
        if (readFileSync(path.join(place, 'cgroup.procs'), 'utf8') === '') rmdirSync(place)
      }
    },
  }
}

async function wall(what: string): Promise<{ code: number; says: string }> {
  const env = { ...process.env, SLIPWAY_ENGINE_PID_FILE: path.join(folder, 'engine.pid') }
  try {
    await run(path.join(root, 'scripts', 'metadata-wall'), [what, INSTANCE], { env })
    return { code: 0, says: '' }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, says: stderr.trim() }
  }
}

const rulesIn = async (chain: string, program = 'iptables', table = 'filter') =>
  (await run(program, ['-w', '10', '-t', table, '-S', chain])).stdout
    .split('\n')
    .filter((line) => line.includes(INSTANCE))

test('what a Dockerfile lets the engine download does not come from the metadata service; DNS goes on', async () => {
  expect(await engine.connect(80)).toBe('open')
  expect(await wall('up')).toEqual({ code: 0, says: '' })
  expect(await engine.connect(80)).toBe('ECONNREFUSED')
  expect(await engine.connect(53)).toBe('open')
})

test('nor by IPv6', async () => {
  expect(await engine.connect(80, METADATA_6)).toBe('ECONNREFUSED')
  expect(await engine.connect(53, METADATA_6)).toBe('open')
})

test('other programs of the machine go on asking it', async () => {
  for (const host of [METADATA, `[${METADATA_6}]`]) expect((await fetch(`http://${host}/`)).status).toBe(200)
})

test('done twice it is there once', async () => {
  await wall('up')
  expect(await rulesIn('OUTPUT')).toHaveLength(3)
  expect(await rulesIn('DOCKER-USER')).toHaveLength(6)
  expect(await rulesIn('OUTPUT', 'ip6tables')).toHaveLength(4)
  expect(await rulesIn('FORWARD', 'ip6tables', 'mangle')).toHaveLength(4)
})

test('an engine that was started again has a control group of the same name, and is kept away by new rules alone', async () => {
  await engine.end()
  engine = await startEngine('first')
  expect(await engine.connect(80)).toBe('open')
  expect(await wall('check')).toEqual({ code: 1, says: expect.stringContaining('OUTPUT') })
  await wall('up')
  for (const host of [METADATA, METADATA_6]) expect(await engine.connect(80, host)).toBe('ECONNREFUSED')
  expect(await rulesIn('OUTPUT')).toHaveLength(3)
  expect(await rulesIn('OUTPUT', 'ip6tables')).toHaveLength(4)
})

test('an engine without a control group of its own is told of; the rest is there', async () => {
  const told = { code: 1, says: expect.stringMatching(/ADD http.*control group/) }
  writeFileSync(path.join(folder, 'engine.pid'), '0')
  expect(await wall('check')).toEqual(told)
  expect(await rulesIn('DOCKER-USER')).toHaveLength(6)
  // Whoever logged in has this one, too
  const inLogin = await startEngine('session-1.scope')
  await wall('up')
  expect(await wall('check')).toEqual(told)
  expect(await inLogin.connect(80)).toBe('open')
  await inLogin.end()
  writeFileSync(path.join(folder, 'engine.pid'), String(engine.pid))
})

test('a build that its engine gives IPv6 is kept away there, too', async () => {
  const machine = await makeMachineWithIpv6(INSTANCE)
  try {
    // New links take a moment
    await expect.poll(() => machine.connectFromBuild(80)).toBe('open')
    await machine.wall('up')
    expect(await machine.connectFromBuild(80)).toBe('no answer')
    expect(await machine.connectFromBuild(53)).toBe('open')
    await machine.wall('down')
    expect(await machine.connectFromBuild(80)).toBe('open')
  } finally {
    await machine.remove()
  }
})

test('taken away they are all gone, and what others have in these chains stays', async () => {
  const others = ['-d', '203.0.113.7/32', '-m', 'comment', '--comment', `theirs-${INSTANCE}`, '-j', 'RETURN']
  for (const chain of ['OUTPUT', 'DOCKER-USER']) await run('iptables', ['-w', '10', '-I', chain, ...others])
  expect(await wall('down')).toEqual({ code: 0, says: '' })
  for (const chain of ['OUTPUT', 'DOCKER-USER']) {
    expect(await rulesIn(chain)).toEqual([expect.stringContaining('theirs-')])
    await run('iptables', ['-w', '10', '-D', chain, ...others])
  }
  expect(await wall('down')).toEqual({ code: 0, says: '' })
  expect([...(await rulesIn('OUTPUT', 'ip6tables')), ...(await rulesIn('FORWARD', 'ip6tables', 'mangle'))]).toEqual([])
  for (const host of [METADATA, METADATA_6]) expect(await engine.connect(80, host)).toBe('open')
})
