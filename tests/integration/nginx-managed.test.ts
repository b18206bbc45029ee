import { mkdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createNginx } from '../../server/adapters/nginx.ts'
import { startLoad } from '../support/load.ts'
import { appVhost, createWorld, freePort, type World } from './nginx-world.ts'

let world: World
let port: number
beforeEach(async () => {
  world = await createWorld()
  port = (await world.serve((_, response) => response.end('here'))).port
})
afterEach(() => world.close())

const pidFile = () => path.join(world.settings.dir, 'nginx.pid')
const masterPid = async () => Number(await readFile(pidFile(), 'utf8'))
/** What a new process would have after ours was killed: the folder, and nothing else. */
const afterCrash = () => createNginx(world.settings)

test('starts, says so, and stops without a trace in the process list', async () => {
  expect(await world.nginx.check()).toMatchObject({ ok: false, running: false })
  await world.nginx.start()
  expect(await world.nginx.check()).toEqual({
    ok: true,
    running: true,
    version: expect.stringMatching(/^1\.\d+\.\d+$/),
  })
  const pid = await masterPid()
  await world.nginx.stop()
  expect(await titleOf(pid)).toBe('')
  expect(await world.nginx.check()).toMatchObject({
    ok: false,
    running: false,
    problem: expect.stringContaining('start'),
  })
})

test('adopts the nginx that an earlier Slipway left running, without a reload', async () => {
  await world.nginx.start()
  await world.nginx.install(appVhost('app', port))
  await world.nginx.drained()
  const pid = await masterPid()
  const workers = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')

  const next = afterCrash()
  await next.start()
  expect(await masterPid()).toBe(pid)
  expect(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).toBe(workers)
  await next.install(appVhost('second', port))
  expect((await world.visit('app.localhost')).body).toBe('here')
  expect((await world.visit('second.localhost')).body).toBe('here')
})

test('loads what was written just before a crash, and sweeps away what was half-written', async () => {
  await world.nginx.start()
  const vhost = appVhost('app', port)
  await world.nginx.install(vhost)
  const text = await readFile(world.vhostFile('app'), 'utf8')
  await writeFile(
    world.vhostFile('late'),
    text.replaceAll('app.localhost', 'late.localhost').replaceAll('_app', '_late'),
  )
  await writeFile(`${world.vhostFile('half')}.slipway-new`, 'server {')
  expect((await world.visit('late.localhost')).status).toBe(404)
  const farewell = /-f "([^"]+farewell)"/.exec(text)?.[1] ?? ''
  await mkdir(path.dirname(farewell), { recursive: true })
  await writeFile(farewell, '')

  await afterCrash().start()
  expect((await world.visit('late.localhost')).body).toBe('here')
  await expect(stat(`${world.vhostFile('half')}.slipway-new`)).rejects.toThrow('ENOENT')
  await expect(stat(farewell)).rejects.toThrow('ENOENT')
})

test('a pid file that is stale, empty or lost deceives nobody', async () => {
  await world.nginx.start()
  await world.nginx.stop()
  await writeFile(pidFile(), `${process.pid}\n`)
  await afterCrash().start()
  expect(await masterPid()).not.toBe(process.pid)

  const pid = await masterPid()
  await truncate(pidFile())
  await afterCrash().start()
  await unlink(pidFile())
  const next = afterCrash()
  await next.start()
  await next.install(appVhost('app', port))
  expect((await world.visit('app.localhost')).body).toBe('here')
  expect(await titleOf(pid)).toContain('nginx: master process')
})

test('starts nginx again when it was killed, at the next check or install', async () => {
  await world.nginx.start()
  await world.nginx.install(appVhost('app', port))
  await kill(await masterPid())
  expect(await world.nginx.check()).toMatchObject({ ok: false, running: false })
  expect(await world.nginx.checkAll()).toEqual([])
  expect((await world.visit('app.localhost')).body).toBe('here')

  await kill(await masterPid())
  await world.nginx.install(appVhost('second', port))
  expect((await world.visit('second.localhost')).body).toBe('here')
})

describe('when only the master was killed', () => {
  /** The workers serve on, hold the port, and belong to nobody. */
  const killMaster = async () => {
    const pid = await masterPid()
    const workers = await workersOf(pid)
    process.kill(pid, 'SIGKILL')
    await gone(pid)
    return workers
  }
  const accepting = async (pids: number[]) =>
    (await Promise.all(pids.map(titleOf))).filter((it) => it.replaceAll('\0', '') === 'nginx: worker process').length

  beforeEach(async () => {
    await world.nginx.start()
    await world.nginx.install(appVhost('app', port))
  })

  test('a new one takes over from its workers at the next start, also in a new process', async () => {
    const workers = await killMaster()
    expect((await world.visit('app.localhost')).body).toBe('here')
    expect(await world.nginx.check()).toMatchObject({
      ok: false,
      running: true,
      problem: expect.stringContaining('was killed'),
    })

    const next = afterCrash()
    await next.start()
    expect(await next.check()).toMatchObject({ ok: true, running: true })
    expect(await accepting(workers)).toBe(0)
    expect((await world.visit('app.localhost')).body).toBe('here')
    await next.install(appVhost('second', port))
    expect((await world.visit('second.localhost')).body).toBe('here')
  })

  test('the next check or change does the same, without waiting for a start', async () => {
    await killMaster()
    expect(await world.nginx.checkAll()).toEqual([])
    expect((await world.nginx.check()).ok).toBe(true)

    await killMaster()
    await world.nginx.install(appVhost('second', port))
    expect((await world.visit('second.localhost')).body).toBe('here')
  })

  test('what is uninstalled does not live on in them', async () => {
    const vhost = appVhost('second', port)
    await world.nginx.install(vhost)
    await killMaster()
    await world.nginx.uninstall('second', vhost.deploymentId)
    expect((await world.visit('second.localhost')).status).toBe(404)
    expect((await world.visit('app.localhost')).body).toBe('here')
  })

  test('requests that are on their way end well, and the gap is short', async () => {
    let finish: () => void = () => undefined
    let arrive: () => void = () => undefined
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve
    })
    const slow = await world.serve((_, response) => {
      response.write('one')
      finish = () => response.end('two')
      arrive()
    })
    await world.nginx.install(appVhost('slow', slow.port))
    const reply = world.visit('slow.localhost')
    await arrived
    await killMaster()

    let failures = 0
    const starting = world.nginx.start().then(() => 'started' as const)
    for (let done: unknown; done !== 'started'; done = await Promise.race([starting, pause(10)])) {
      const answer = await world.visit('app.localhost').catch(() => undefined)
      if (answer?.body !== 'here') failures += 1
    }
    expect(failures).toBeLessThan(20)
    finish()
    expect((await reply).body).toBe('onetwo')
  })

  test('workers whose log was taken away are known by their answer', async () => {
    const workers = await killMaster()
    await unlink(path.join(world.settings.dir, 'error.log'))
    await afterCrash().start()
    expect(await accepting(workers)).toBe(0)
  })

  test('those that hang are ended, and the workers of another Slipway are left alone', async () => {
    const other = await createWorld()
    await other.nginx.start()
    const pid = Number(await readFile(path.join(other.settings.dir, 'nginx.pid'), 'utf8'))
    const theirs = await workersOf(pid)
    process.kill(pid, 'SIGKILL')
    await gone(pid)
    const hanging = await killMaster()
    for (const one of hanging) process.kill(one, 'SIGSTOP')

    await afterCrash().start()
    expect((await world.visit('app.localhost')).body).toBe('here')
    expect(await accepting(hanging)).toBe(0)
    expect(await accepting(theirs)).toBe(theirs.length)
    await other.close()
    expect(await accepting(theirs)).toBe(0)
  })
})

test('an app can be uninstalled while nginx is down and its port is taken', async () => {
  await world.nginx.start()
  const vhost = appVhost('app', port)
  await world.nginx.install(vhost)
  await kill(await masterPid())
  const thief = http.createServer().listen(world.settings.httpPort)
  await world.nginx.uninstall('app', vhost.deploymentId)
  expect(await world.nginx.owns('app', vhost.deploymentId)).toBe(false)
  await new Promise((resolve) => thief.close(resolve))
})

test('a port that another program holds is named', async () => {
  const taken = http.createServer((_, response) => response.end('not nginx')).listen(world.settings.httpPort)
  await new Promise((resolve) => taken.once('listening', resolve))
  const starting = world.nginx.start()
  await expect(starting).rejects.toMatchObject({
    code: 'nginx_unreachable',
    message: expect.stringContaining(`Port ${world.settings.httpPort} is taken by another program`),
  })
  expect(await world.nginx.check()).toMatchObject({
    ok: false,
    running: false,
    problem: expect.stringContaining(`Port ${world.settings.httpPort} is taken by another program`),
  })
  await new Promise((resolve) => taken.close(resolve))
  await world.nginx.start()
  expect((await world.nginx.check()).ok).toBe(true)
})

test('moves a running nginx to another port when the setting changes', async () => {
  await world.nginx.start()
  await world.nginx.install(appVhost('app', port))
  const pid = await masterPid()
  const httpPort = await freePort()
  const vhost = appVhost('app2', port)
  const moved = createNginx({ ...world.settings, httpPort })
  await moved.start()
  await moved.install(vhost)
  expect(await masterPid()).toBe(pid)
  expect((await moved.ask('app2.localhost', '/')).status).toBe(200)
})

test('a program that is not there is named with what to do', async () => {
  const missing = createNginx({ ...world.settings, bin: '/nowhere/nginx' })
  await expect(missing.start()).rejects.toMatchObject({ code: 'nginx_missing' })
  expect(await missing.check()).toMatchObject({ ok: false, problem: expect.stringContaining('SLIPWAY_NGINX_BIN') })
})

test('an error log that has grown is cut at the start', async () => {
  await world.nginx.start()
  const log = path.join(world.settings.dir, 'error.log')
  await truncate(log, 11 * 1024 * 1024)
  await afterCrash().start()
  expect((await stat(log)).size).toBeLessThan(1024 * 1024)
})

test('the token and what holds it are for the owner alone', async () => {
  await world.nginx.start()
  for (const name of ['probe-token', 'nginx.conf']) {
    expect((await stat(path.join(world.settings.dir, name))).mode & 0o077, name).toBe(0)
  }
})

test('drained() returns when the requests on the old configuration have ended', async () => {
  world.settings.drainSeconds = 20
  const nginx = createNginx(world.settings)
  await nginx.start()
  let finish: () => void = () => undefined
  const slow = await world.serve((_, response) => {
    response.write('one')
    finish = () => response.end('two')
  })
  const vhost = appVhost('slow', slow.port)
  await nginx.install(vhost)
  await nginx.drained()
  const reply = new Promise<http.IncomingMessage>((resolve) =>
    http.get({ port: world.settings.httpPort, agent: false, headers: { host: 'slow.localhost' } }, resolve),
  )
  const response = await reply
  await nginx.install({ ...vhost, release: 2, target: { kind: 'app', port } })

  let isDrained = false
  const drained = nginx.drained().then(() => {
    isDrained = true
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(isDrained).toBe(false)
  finish()
  let body = ''
  for await (const chunk of response) body += String(chunk)
  expect(body).toBe('onetwo')
  await drained
})

test('connections that are used now and then are ended by an answer, not under the next request', async () => {
  await world.nginx.start()
  const vhost = appVhost('app', port)
  await world.nginx.install(vhost)
  const place = { port: world.settings.httpPort, hostname: 'app.localhost' }
  const load = startLoad({ ...place, name: 'kept', connections: 40, pauseMs: 200 })
  for (let release = 2; release <= 9; release++) {
    await pause(300)
    await world.nginx.install({ ...vhost, release })
  }
  const { answers, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(answers).toBeGreaterThan(300)
})

test('off: every change succeeds, nothing is made, asking is an error', async () => {
  const off = createNginx({ ...world.settings, mode: 'off' })
  const vhost = appVhost('app', port)
  await off.start()
  await off.install(vhost)
  expect(await off.has(vhost)).toBe(true)
  expect(await off.owns('app', vhost.deploymentId)).toBe(false)
  await expect(stat(world.settings.dir)).rejects.toThrow('ENOENT')
  await expect(off.ask('app.localhost', '/')).rejects.toMatchObject({ code: 'nginx_unreachable' })
})

/** Kills the master and its workers, as the kernel does when memory ends. */
async function kill(pid: number): Promise<void> {
  const workers = await workersOf(pid)
  for (const one of [pid, ...workers]) process.kill(one, 'SIGKILL')
  await rm(pidFile(), { force: true })
  for (const one of [pid, ...workers]) await gone(one)
}

const workersOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Empty for a process that has ended, also when nobody has reaped it yet. */
const titleOf = (pid: number) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')

async function gone(pid: number): Promise<void> {
  while (await titleOf(pid)) await pause(5)
}
