import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Repository } from '../support/git-server.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const SECRET = 'hunter2-hunter2'

let world: World
let repository: Repository
let empty: Awaited<ReturnType<World['inventory']>>
let id: string
let one: string

beforeAll(async () => {
  world = await createWorld()
  repository = await makeApp(world, echo)
  empty = await world.inventory()
})
afterAll(() => world.destroy())

const api = (method: string, rest = '', body?: unknown) =>
  world.slipway.api(method, `/api/deployments/${id}/schedules${rest}`, body)

/** An app with one job that nothing but a test begins: it is due once a year. */
beforeEach(async () => {
  if (id !== undefined) return
  const app = await world.deploy({
    githubUrl: repository.url,
    subdomain: 'jobs',
    env: [{ key: 'TOKEN', value: SECRET, secret: true }],
    volumes: [{ name: 'data', path: '/data' }],
    overrides: { memoryMb: 64 },
  })
  id = app.id
  one = await make('job', 'true')
})

async function make(name: string, command: string, more: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await api('POST', '', { name, command, cron: '0 0 1 1 *', ...more })
  expect(status, JSON.stringify(body)).toBe(201)
  return body.schedule.id
}

const setCommand = async (command: string, more = {}) =>
  expect((await api('PATCH', `/${one}`, { command, ...more })).status).toBe(200)

async function begin(schedule = one): Promise<number> {
  const { status, body } = await api('POST', `/${schedule}/run`)
  expect(status, JSON.stringify(body)).toBe(202)
  return body.run.id
}

const read = async (run: number, schedule = one) => (await api('GET', `/${schedule}/runs/${run}`)).body

/** A run with its log, when it is over. */
async function over(run: number, schedule = one): Promise<any> {
  await expect
    .poll(async () => (await read(run, schedule)).run.state, { timeout: 30_000, interval: 50 })
    .not.toBe('running')
  return read(run, schedule)
}

/** Waits until a run has printed something. */
const printed = (run: number, text: string, schedule = one) =>
  expect.poll(async () => (await read(run, schedule)).log, { timeout: 20_000, interval: 50 }).toContain(text)

/** What the ledger has of the job. */
const jobEntries = async () =>
  (await world.slipway.api('GET', `/api/deployments/${id}/ledger`)).body.entries.filter(
    (it: any) => it.step === 'run-schedules' && it.name.endsWith(one.slice(0, 8)),
  )

/** Nothing but the app is on the engine. */
async function expectOnlyApp(release = 1) {
  const { containers, networks } = await world.inventory()
  const name = `${world.slipway.instance}-jobs-${release}`
  expect([containers, networks]).toEqual([[`/${name}`], [name]])
}

test('a job runs in the live image with its variables, volumes and limits, without secrets in its log', async () => {
  await setCommand(
    'echo "$TOKEN on $PORT"; ls server.js; touch /data/seen; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; echo to stderr >&2',
  )
  const run = await begin()
  const { run: ended, log } = await over(run)
  expect(ended).toMatchObject({ state: 'succeeded', exitCode: 0, release: 1, message: null })
  const lines = log.split('\n')
  expect(lines).toEqual(expect.arrayContaining(['•••••• on 8000', 'server.js', String(64 * 2 ** 20), 'to stderr']))
  await setCommand('ls /data')
  expect((await over(await begin())).log).toBe('seen')
  expect((await jobEntries()).map((it: any) => [it.kind, it.name, it.state])).toEqual([
    ['container', `${world.slipway.instance}-jobs-1-job-${one.slice(0, 8)}`, 'removed'],
    ['network', `${world.slipway.instance}-jobs-1-job-${one.slice(0, 8)}`, 'removed'],
  ])
  await expectOnlyApp()
})

test('a job that fails says with which code, one that uses too much memory says so, one that takes too long is ended', async () => {
  await setCommand('echo no luck; exit 3')
  expect(await over(await begin())).toMatchObject({
    run: { state: 'failed', exitCode: 3, message: 'It ended with exit code 3.' },
    log: 'no luck',
  })
  await setCommand(`exec node -e 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1))'`)
  expect((await over(await begin())).run).toMatchObject({
    state: 'failed',
    message: 'It was killed because it used more memory than the app may: 64 MiB.',
  })
  const { status, error } = (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment
  expect({ status, error }).toEqual({ status: 'running', error: undefined })
  await setCommand('echo begun; exec sleep 600', { timeoutSeconds: 5 })
  expect(await over(await begin())).toMatchObject({
    run: { state: 'failed', exitCode: null, message: 'It did not end within 5 s, so it was ended.' },
    log: 'begun',
  })
  await expectOnlyApp()
})

test('what was typed wrong is refused with what is wrong, and by the name of its field', async () => {
  const refusal = async (body: object) => {
    const reply = await api('POST', '', { name: 'x', cron: '0 3 * * *', command: 'true', ...body })
    return { status: reply.status, ...reply.body }
  }
  expect(await refusal({ cron: '61 * * * *' })).toMatchObject({
    status: 400,
    field: 'cron',
    message: expect.stringContaining('61'),
  })
  expect(await refusal({ cron: '* * * * * *' })).toMatchObject({ status: 400, field: 'cron' })
  expect(await refusal({ cron: '$(id) * * * *' })).toMatchObject({ status: 400, field: 'cron' })
  expect(await refusal({ timeZone: 'Europe/Nowhere' })).toMatchObject({ status: 400, field: 'timeZone' })
  expect(await refusal({ name: 'job' })).toMatchObject({ status: 409, code: 'name_in_use', field: 'name' })
  const { body } = await api('GET')
  expect(body.schedules.map((it: any) => it.name)).toEqual(['job'])
})

test('a tick of the clock begins a job by itself, and one that is due while the last still runs is noted as skipped', async () => {
  const eachSecond = await make('each second', 'echo tick; exec sleep 4', { timeoutSeconds: 30 })
  await sql('update schedules set cron = ? where id = ?', '* * * * * *', eachSecond)
  await api('PATCH', `/${one}`, { isEnabled: false })
  await expect
    .poll(async () => (await api('GET', `/${eachSecond}/runs`)).body.runs.map((it: any) => it.state), {
      timeout: 20_000,
      interval: 100,
    })
    .toEqual(expect.arrayContaining(['succeeded', 'skipped']))
  const { runs } = (await api('GET', `/${eachSecond}/runs`)).body
  expect(runs.find((it: any) => it.state === 'skipped').message).toBe('The run before it still goes on.')
  const last = runs.find((it: any) => it.state === 'succeeded')
  expect((await read(last.id, eachSecond)).log).toBe('tick')
  expect((await api('DELETE', `/${eachSecond}`)).status).toBe(204)
  await expectOnlyApp()
})

test('begun by hand it does not overlap either, and of a stopped app it is refused', async () => {
  await setCommand('echo begun; exec sleep 600', { timeoutSeconds: 60 })
  const run = await begin()
  await printed(run, 'begun')
  const again = await api('POST', `/${one}/run`)
  expect(again).toMatchObject({
    status: 409,
    body: { code: 'not_possible_now', message: 'The run before it still goes on.' },
  })
  expect((await jobEntries()).map((it: any) => it.state)).toEqual(['pending', 'pending'])
  expect((await world.slipway.api('GET', '/api/doctor')).body.findings).toEqual([])
  expect((await api('DELETE', `/${one}`)).status).toBe(204)
  await expectOnlyApp()
  one = await make('job', 'true')

  await world.slipway.api('POST', `/api/deployments/${id}/stop`)
  await expect
    .poll(async () => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment.status)
    .toBe('stopped')
  expect((await api('POST', `/${one}/run`)).body.message).toBe('The app is stopped. Start it first.')
  await world.slipway.api('POST', `/api/deployments/${id}/start`)
  await world.settled(id)
})

test('two at once, the next waits for its turn', async () => {
  const all = await Promise.all(['a', 'b', 'c'].map((name) => make(name, 'echo begun; exec sleep 2')))
  const runs: number[] = []
  for (const schedule of all) runs.push(await begin(schedule))
  const [first = '', , third = ''] = all
  await printed(runs[0] ?? 0, 'begun', first)
  expect((await read(runs[2] ?? 0, third)).run).toMatchObject({ state: 'running', message: 'Waits for its turn.' })
  expect((await over(runs[2] ?? 0, third)).run).toMatchObject({ state: 'succeeded', message: null })
  for (const schedule of all) await api('DELETE', `/${schedule}`)
  await expectOnlyApp()
})

test('a job goes on to its end while its release is replaced, and then nothing of both is left', async () => {
  await setCommand('echo begun; for i in $(seq 60); do [ -e /data/end ] && exit 0; sleep 0.2; done; exit 9', {
    timeoutSeconds: 60,
  })
  await world.slipway.api('PATCH', `/api/deployments/${id}`, { delivery: { keepReleases: 0 } })
  const run = await begin()
  await printed(run, 'begun')
  await world.slipway.api('POST', `/api/deployments/${id}/redeploy?rebuild=true`)
  await expect
    .poll(
      async () =>
        (await world.slipway.api('GET', `/api/deployments/${id}/releases`)).body.releases.map((it: any) => it.status),
      { timeout: 60_000 },
    )
    .toEqual(['live', 'retired'])
  expect((await read(run)).run.state).toBe('running')
  const name = `${world.slipway.instance}-jobs-1-job-${one.slice(0, 8)}`
  expect((await world.inventory()).containers).toEqual([`/${name}`, `/${world.slipway.instance}-jobs-2`].sort())
  const other = await make('other', 'touch /data/end')
  expect((await over(await begin(other), other)).run).toMatchObject({ state: 'succeeded', release: 2 })
  expect((await over(run)).run).toMatchObject({ state: 'succeeded', release: 1 })
  await world.settled(id)
  await expect
    .poll(async () => (await world.inventory()).images, { timeout: 20_000 })
    .toEqual([`${world.slipway.instance}/jobs:2`])
  await expectOnlyApp(2)
})

test('after kill -9 the run is noted as failed and its container removed, also from the ledger', async () => {
  await setCommand('echo begun; exec sleep 600')
  const run = await begin()
  await printed(run, 'begun')
  await world.slipway.kill()
  await world.slipway.start()
  expect((await over(run)).run).toMatchObject({ state: 'failed', message: 'Slipway was stopped while it ran.' })
  await expect
    .poll(async () => (await jobEntries()).filter((it: any) => it.state !== 'removed'), { timeout: 20_000 })
    .toEqual([])
  await expectOnlyApp(2)
})

test('a server that is stopped in order ends what runs, and leaves nothing', async () => {
  const run = await begin()
  await printed(run, 'begun')
  expect(await world.slipway.terminate()).toBe(0)
  const left = await world.docker.listContainers({
    all: true,
    filters: { label: [`slipway.instance=${world.slipway.instance}`] },
  })
  expect(left.flatMap((it) => it.Names)).toEqual([`/${world.slipway.instance}-jobs-2`])
  await world.slipway.start()
  expect(await read(run)).toMatchObject({
    run: { state: 'failed', message: 'Slipway was stopped while it ran.' },
    log: 'begun',
  })
})

test('deleting the app while a job runs ends it, and the receipt has it', async () => {
  const run = await begin()
  await printed(run, 'begun')
  const asked = Date.now()
  const receipt = await world.remove(id)
  expect(Date.now() - asked).toBeLessThan(40_000)
  expect(receipt.entries.filter((it: any) => !it.verified)).toEqual([])
  expect(receipt.entries.map((it: any) => it.name)).toContain(`${world.slipway.instance}-jobs-2-job-${one.slice(0, 8)}`)
  await sleep(500)
  expect(await world.inventory()).toEqual(empty)
})

async function sql(statement: string, ...values: unknown[]): Promise<void> {
  const { default: Sqlite } = await import('sqlite3')
  const sqlite = new Sqlite(path.join(world.slipway.dataDir, 'slipway.db'))
  sqlite.prepare(statement).run(...values)
  sqlite.close()
}
