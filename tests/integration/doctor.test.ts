import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createActions, saying } from '../support/actions.ts'
import type { Repository } from '../support/git-server.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const IMAGE = 'debian:bookworm-slim'

let world: World
let actions: ReturnType<typeof createActions>
let repository: Repository
let appId: string
beforeAll(async () => {
  world = await createWorld({
    cloudflare: true,
    env: { SLIPWAY_DRAIN_SECONDS: '1', SLIPWAY_RECONCILE_SECONDS: '3600' },
  })
  actions = createActions(world)
  repository = await makeApp(world, saying('well'))
  const volumes = [{ name: 'data', path: '/data' }]
  appId = (await world.deploy({ githubUrl: repository.url, subdomain: 'well', volumes })).id
})
afterAll(() => world.destroy())

test('a healthy machine with a running app has no findings', async () => {
  expect(await actions.findings()).toEqual([])
  expect(await actions.repair()).toEqual({ repaired: [], failed: [] })
})

describe('what lies around with our mark, but belongs to no app', () => {
  /** Made by hand, as a restored backup or a lost database would leave it. */
  async function leaveAround(instance: string, name: string) {
    const deployment = randomUUID()
    const labels = { 'slipway.instance': instance, 'slipway.deployment': deployment, 'slipway.release': '1' }
    const container = await world.docker.createContainer({ name, Image: IMAGE, Labels: labels, Cmd: ['true'] })
    await world.docker.createNetwork({ Name: name, Labels: labels })
    await world.docker.createVolume({ Name: name, Labels: labels })
    const changes = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${value}`)
    await container.commit({ repo: name, tag: '1', changes: changes.join('\n') })
    const vhosts = path.join(world.slipway.dataDir, 'vhosts')
    const mark = `# slipway:${instance}:${deployment} release 1`
    const vhost = readFileSync(path.join(vhosts, 'well.conf'), 'utf8')
    const lost = vhost.replace(/^.*/, mark).replaceAll(/(?<=_)well\b|well(?=\.example)/g, name)
    writeFileSync(path.join(vhosts, `${name}.conf`), lost)
    await actions.repair() // nginx reads what was put there
    const content = `${world.cloudflare?.state.tunnels[0]?.id}.cfargotunnel.com`
    const comment = `slipway:${instance}:${deployment}`
    world.cloudflare?.state.addRecord({ type: 'CNAME', name: `${name}.example.com`, content, comment, proxied: true })
    return async () => {
      rmSync(path.join(vhosts, `${name}.conf`), { force: true })
      const { records = [] } = world.cloudflare?.state ?? {}
      const record = records.findIndex((it) => it.name === `${name}.example.com`)
      if (record >= 0) records.splice(record, 1)
      await container.remove({ force: true }).catch(() => undefined)
      await world.docker
        .getImage(`${name}:1`)
        .remove()
        .catch(() => undefined)
      await world.docker
        .getNetwork(name)
        .remove()
        .catch(() => undefined)
      await world.docker
        .getVolume(name)
        .remove()
        .catch(() => undefined)
      await actions.repair()
    }
  }

  test('is listed, left alone by a repair that names nothing, and removed by one that names it', async () => {
    const clean = await world.inventory()
    const name = `${world.slipway.instance}-lost`
    const sweep = await leaveAround(world.slipway.instance, name)
    try {
      const littered = await world.inventory()
      const findings = await actions.findings()
      const ids = [
        `orphan:container:${name}`,
        `orphan:image:${name}:1`,
        `orphan:network:${name}`,
        `orphan:volume:${name}`,
        `orphan:vhost:${name}.conf`,
        `orphan:dns-record:${name}.example.com`,
      ]
      expect(findings.map((it) => it.id).sort()).toEqual(ids.toSorted())
      for (const finding of findings)
        expect(finding).toMatchObject({ kind: 'orphan', severity: 'warning', remedy: { automatic: true, safe: false } })

      expect(await actions.repair()).toEqual({ repaired: [], failed: [] })
      expect(await world.inventory()).toEqual(littered)

      expect(await actions.repair(ids)).toEqual({ repaired: ids, failed: [] })
      expect(await world.inventory()).toEqual(clean)
      expect(await actions.findings()).toEqual([])
      expect(await actions.text('well')).toBe('well')
    } finally {
      await sweep()
    }
  })

  test('is none of our business when it carries another instance’s mark, or none', async () => {
    const name = `${world.slipway.instance}-foreign`
    const sweep = await leaveAround('another', name)
    const plain = await world.docker.createContainer({ name: `${name}-plain`, Image: IMAGE, Cmd: ['true'] })
    try {
      expect(await actions.findings()).toEqual([])
      const reply = await world.slipway.api('POST', '/api/doctor/repair', { ids: [`orphan:container:${name}-plain`] })
      expect([reply.status, reply.body.code]).toEqual([404, 'not_found'])
      expect((await plain.inspect()).Id).toBe(plain.id)
    } finally {
      await plain.remove({ force: true })
      await sweep()
    }
  })

  test('is not what a deploy makes while the doctor looks', async () => {
    let deployed: Promise<any> = Promise.resolve()
    world.cloudflare?.between(
      /^GET .*\/dns_records$/,
      async () => {
        deployed = world.deploy({ githubUrl: repository.url, subdomain: 'meanwhile' })
        await deployed
      },
      'before',
    )
    expect(await actions.findings()).toEqual([])
    const app = await deployed
    expect(app).toMatchObject({ status: 'running' })
    await world.remove(app.id)
  })
})

test('a volume that was kept on purpose is no orphan: it is known by its receipt, and goes only when it is named', async () => {
  const volumes = [{ name: 'data', path: '/data' }]
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'keeper', name: 'Keeper', volumes })
  await world.remove(app.id, '?volumes=keep')
  const examine = async () => (await world.slipway.api('GET', '/api/doctor?fresh=true')).body
  const { findings, kept } = await examine()
  expect(findings).toEqual([])
  expect(kept).toEqual([
    {
      id: expect.stringMatching(/^kept:volume:/),
      kind: 'kept',
      severity: 'note',
      message: expect.stringMatching(/was kept when Keeper was deleted\.$/),
      deploymentId: app.id,
      remedy: { text: 'Remove it, with the data in it.', automatic: true, safe: false },
    },
  ])
  expect(await actions.repair()).toEqual({ repaired: [], failed: [] })
  expect((await examine()).kept).toHaveLength(1)
  expect(await actions.repair([kept[0].id])).toEqual({ repaired: [kept[0].id], failed: [] })
  expect(await examine()).toMatchObject({ findings: [], kept: [] })
})

describe('nginx', () => {
  const masterPid = () => Number(readFileSync(path.join(world.slipway.dataDir, 'nginx', 'nginx.pid'), 'utf8'))
  const finding = async () => (await actions.findings()).find((it) => it.id === 'machine:nginx')

  test('whose master was killed is started anew without being asked for, and its sites go on', async () => {
    const killed = masterPid()
    process.kill(killed, 'SIGKILL')
    expect(await actions.text('well')).toBe('well')
    await expect.poll(masterPid).not.toBe(killed)
    await expect.poll(actions.findings).toEqual([])
    expect(await actions.text('well')).toBe('well')
  })

  test('with old files is loaded again', async () => {
    writeFileSync(path.join(world.slipway.dataDir, 'nginx', 'loaded'), 'something else')
    expect(await finding()).toMatchObject({ remedy: { text: 'Load it again.', automatic: true } })
    expect(await actions.repair(['machine:nginx'])).toEqual({ repaired: ['machine:nginx'], failed: [] })
    expect(await actions.findings()).toEqual([])
  })

  test('whose port a stranger holds is not repaired: the stranger is named, also by what it refuses, until it goes', async () => {
    const pid = masterPid()
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
    const stranger = createServer((socket) => socket.destroy())
    for (const one of [pid, ...children]) process.kill(one, 'SIGKILL')
    await expect.poll(() => listens(stranger, world.slipway.httpPort)).toBe(true)
    try {
      const { repaired, failed } = await actions.repair(['machine:nginx'])
      expect(repaired).toEqual([])
      expect(failed).toEqual([{ id: 'machine:nginx', message: expect.stringContaining('is taken by another program') }])
      expect(await finding()).toMatchObject({ message: expect.stringContaining('is taken by another program') })
      const refused = await world.deploy({ githubUrl: repository.url, subdomain: 'refused' })
      expect(refused.error).toMatchObject({
        step: 'publish-vhost',
        message: expect.stringContaining('is taken by another program'),
      })
      await world.remove(refused.id)
    } finally {
      await new Promise((resolve) => stranger.close(resolve))
    }
    // Where nginx was not started by itself meanwhile.
    await actions.repair()
    expect(await actions.findings()).toEqual([])
    expect(await actions.text('well')).toBe('well')
  })
})

/** Whether it could take the port; the sockets of a killed process are there for a moment. */
const listens = (server: Server, port: number) =>
  new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, () => resolve(true))
  })

describe('what drifted', () => {
  test('is listed with its app and put back by a repair that names nothing', async () => {
    world.cloudflare?.state.records.splice(
      world.cloudflare.state.records.findIndex((it) => it.name === 'well.example.com'),
      1,
    )
    const [record] = (await actions.findings()).filter((it) => it.id.endsWith(':dns-record:well.example.com'))
    expect(record).toMatchObject({
      id: `drift:${appId}:dns-record:well.example.com`,
      severity: 'error',
      remedy: { safe: true },
    })
    expect((await actions.repair()).failed).toEqual([])
    expect(await actions.findings()).toEqual([])
    expect(world.cloudflare?.state.records.map((it) => it.name)).toContain('well.example.com')
  })
})

describe('a deployment that got stuck', () => {
  test('is listed with the step and the reason, tried again by a repair, and gone once it can go', async () => {
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'stuck' })
    const access = world.cloudflare?.state.access
    if (access) access.dns = 'read'
    await actions.send('DELETE', id)
    const { error } = await actions.untilStatus(id, 'stuck')
    expect(error).toMatchObject({ step: 'point-dns', code: 'cloudflare_denied' })
    expect(await actions.text('stuck')).toBe('well')

    const finding = (await actions.findings()).find((it) => it.kind === 'stuck')
    expect(finding).toMatchObject({ id: `stuck:${id}`, severity: 'error', remedy: { automatic: true, safe: true } })
    expect(finding.message).toContain('point-dns')
    expect(await actions.repair([`stuck:${id}`])).toEqual({ repaired: [`stuck:${id}`], failed: [] })
    await actions.untilStatus(id, 'stuck')
    expect((await world.slipway.api('GET', `/api/receipts/${id}`)).status).toBe(404)

    if (access) access.dns = 'edit'
    await actions.repair()
    await expect
      .poll(async () => (await world.slipway.api('GET', `/api/receipts/${id}`)).status, { timeout: 15_000 })
      .toBe(200)
    expect(JSON.stringify(world.cloudflare?.state.snapshot())).not.toContain('stuck.example.com')
    expect(await actions.findings()).toEqual([])
  })
})

describe('a plan', () => {
  const plan = (input: object) => world.slipway.api('POST', '/api/plan', { githubUrl: repository.url, ...input })

  test('names all that a deploy would make, and makes nothing', async () => {
    const before = await world.inventory()
    const volumes = [{ name: 'data', path: '/data' }]
    const { status, body } = await plan({
      subdomain: 'planned',
      volumes,
      env: [{ key: 'SECRET', value: 'hush hush', secret: true }],
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      subdomain: 'planned',
      hostname: 'planned.example.com',
      branch: 'main',
      template: 'dockerfile',
      dockerfilePath: 'Dockerfile',
      problems: [],
      commit: { message: 'First commit' },
    })
    expect(JSON.stringify(body)).not.toContain('hush hush')
    expect(await world.inventory()).toEqual(before)

    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'planned', volumes })
    const { entries } = (await world.slipway.api('GET', `/api/deployments/${app.id}/ledger`)).body
    const named = (effects: any[]) =>
      effects.map(({ kind, name }) => `${kind} ${['checkout', 'volume'].includes(kind) ? '' : name}`).sort()
    expect(named(body.effects)).toEqual(named(entries))
    await world.remove(app.id)
  })

  test('tells every problem that would refuse the deploy', async () => {
    const before = await world.inventory()
    world.cloudflare?.state.addRecord({ type: 'A', name: 'foreign.example.com', content: '192.0.2.1' })
    const problemsOf = async (subdomain: string) => (await plan({ subdomain })).body.problems.map((it: any) => it.code)
    expect(await problemsOf('well')).toContain('subdomain_taken')
    expect(await problemsOf('foreign')).toEqual(['dns_record_foreign'])
    world.cloudflare?.state.records.pop()
    expect(await world.inventory()).toEqual(before)
  })

  test('of a repository that is not there, or cannot be built, says so', async () => {
    const empty = await world.git.makeRepository('acme', 'empty')
    await empty.commit({ 'README.md': 'nothing' }, 'Nothing')
    const refused = async (githubUrl: string) => (await plan({ subdomain: 'planned', githubUrl })).body.code
    expect(await refused(`${world.git.url}/acme/nowhere`)).toBe('repository_not_found')
    expect(await refused(empty.url)).toBe('no_template')
    expect((await world.inventory()).checkouts).toEqual([])
  })
})

test('Cloudflare saw nothing that its schema does not allow', () => {
  expect(world.cloudflare?.violations).toEqual([])
})
