import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Failure, fails } from '../support/failures.ts'
import type { Repository } from '../support/git-server.ts'
import { root } from '../support/slipway.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

describe('what is wrong with the machine', () => {
  let world: World
  let repository: Repository
  beforeAll(async () => {
    world = await createWorld()
    repository = await makeApp(world, echo)
  })
  afterAll(() => world.destroy())

  const dead = { DOCKER_HOST: `unix://${path.join(tmpdir(), 'no-such-docker.sock')}` }
  const full = { SLIPWAY_MIN_FREE_DISK_MB: '1000000000' }
  const gone = { SLIPWAY_NGINX_BIN: '/nowhere/nginx' }

  test.each<[string, Record<string, string>, Failure, string]>([
    [
      'the engine does not run',
      dead,
      { step: 'build-image', code: 'engine_unreachable', says: /systemctl start docker.*DOCKER_HOST/, isRefused: true },
      'engine',
    ],
    [
      'the disk is nearly full',
      full,
      { step: 'check-out', code: 'disk_full', says: /MB are free.*SLIPWAY_MIN_FREE_DISK_MB/, isRefused: true },
      'disk',
    ],
    [
      'nginx is not installed',
      gone,
      { step: 'publish-vhost', code: 'nginx_missing', says: /nginx.*(install|SLIPWAY_NGINX_BIN)/i, isRefused: true },
      'nginx',
    ],
  ])('%s', async (_, env, failure, check) => {
    await world.slipway.terminate()
    await world.slipway.start(env)
    const health = await world.slipway.api('GET', '/health')
    expect(health).toMatchObject({ status: 503, body: { status: 'degraded', checks: { [check]: { ok: false } } } })
    await fails(world, { githubUrl: repository.url }, failure)
    expect(world.git.requests.filter((it) => it.path.includes(path.basename(repository.url)))).toEqual([])
  })

  test('all three at once: the plan names each, and makes nothing', async () => {
    await world.slipway.terminate()
    await world.slipway.start({ ...dead, ...full, ...gone })
    const before = await world.inventory()
    const { status, body } = await world.slipway.api('POST', '/api/plan', { githubUrl: repository.url })
    expect(status).toBe(200)
    expect(body.problems.map((it: any) => it.code)).toEqual(['disk_full', 'engine_unreachable', 'nginx_missing'])
    expect(await world.inventory()).toEqual(before)
  })
})

describe('what is wrong with Cloudflare', () => {
  let world: World
  let repository: Repository
  beforeAll(async () => {
    world = await createWorld({ cloudflare: true })
    repository = await makeApp(world, echo)
    // The tunnel is made once and stays.
    const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'first' })
    await world.remove(id)
  })
  afterAll(async () => {
    expect(world.cloudflare?.violations).toEqual([])
    await world.destroy()
  })

  const writes = () => world.cloudflare?.requests.filter((it) => it.method !== 'GET') ?? []

  test('the token may not do what is needed: it says which permission is missing', async () => {
    if (!world.cloudflare) throw new Error('there is no stand-in')
    world.cloudflare.state.access = { tunnel: 'edit', dns: 'none' }
    await fails(
      world,
      { githubUrl: repository.url },
      { step: 'route-tunnel', code: 'cloudflare_denied', says: /DNS/, isRefused: true },
    )
    world.cloudflare.state.access = { tunnel: 'none', dns: 'edit' }
    await fails(
      world,
      { githubUrl: repository.url },
      { step: 'route-tunnel', code: 'cloudflare_denied', says: /Tunnel/, isRefused: true },
    )
    world.cloudflare.state.access = { tunnel: 'edit', dns: 'edit' }
  })

  test('a token that may only read fails at the first write, and all that was made goes again', async () => {
    if (!world.cloudflare) throw new Error('there is no stand-in')
    world.cloudflare.state.access = { tunnel: 'edit', dns: 'read' }
    await fails(world, { githubUrl: repository.url }, { step: 'point-dns', code: 'cloudflare_denied', says: /DNS/ })
    world.cloudflare.state.access = { tunnel: 'edit', dns: 'edit' }
  })

  test('a record of somebody else is in the way: refused before anything else is made, and left as it is', async () => {
    const record = world.cloudflare?.state.addRecord({ type: 'A', name: 'unlucky.example.com', content: '192.0.2.1' })
    const asked = world.git.requests.length
    const wrote = writes().length
    await fails(
      world,
      { githubUrl: repository.url },
      { step: 'route-tunnel', code: 'dns_record_foreign', says: /unlucky\.example\.com/, isRefused: true },
    )
    expect(world.cloudflare?.state.records).toContainEqual(record)
    expect({ asked: world.git.requests.length, wrote: writes().length }).toEqual({ asked, wrote })
    const { body } = await world.slipway.api('GET', '/api/domains/unlucky')
    expect(body).toMatchObject({ available: false, reason: expect.stringContaining('unlucky.example.com') })
  })
})

describe('what is wrong with the configuration', () => {
  test('every problem is told at once, with the name of its setting, and the exit code is 78', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'slipway-test-'))
    const wrong = {
      SLIPWAY_PORT: '99999',
      SLIPWAY_INSTANCE: 'Not A Name',
      SLIPWAY_DOMAIN: 'exa mple.com; include /etc/passwd',
      SLIPWAY_PUBLIC_URL: 'slipway.example.com',
      SLIPWAY_ADMIN_USERNAME: 'a\nb',
      SLIPWAY_ADMIN_PASSWORD: 'x'.repeat(73),
      SLIPWAY_SECRET_KEY: 'short',
      SLIPWAY_PORT_RANGE: '9999-3000',
      SLIPWAY_NGINX: 'apache',
      SLIPWAY_HTTP_PORT: '0',
      DOCKER_HOST: 'docker.sock',
      SLIPWAY_GITHUB_URL: 'ftp://github.com',
      SLIPWAY_GITHUB_API_URL: 'https://user:secret@api.github.com',
      CLOUDFLARE_API_TOKEN: 'only-the-token',
      SLIPWAY_BUILD_CONCURRENCY: '0',
      SLIPWAY_BUILD_TIMEOUT_SECONDS: '1.5',
      SLIPWAY_BUILD_MEMORY_MB: '-1',
      SLIPWAY_APP_MEMORY_MB: '1e9',
      SLIPWAY_APP_CPUS: 'all',
      SLIPWAY_APP_PIDS: '0x10',
      SLIPWAY_LOG_LEVEL: 'loud',
    }
    const { status, stderr, stdout } = spawnSync(process.execPath, [path.join(root, 'server', 'main.ts')], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, SLIPWAY_DATA_DIR: dataDir, ...wrong },
    })
    expect(status).toBe(78)
    expect(stdout).toBe('')
    const problems = stderr.split('\n').filter((line) => line.startsWith('  - '))
    const names = Object.keys(wrong).map((name) => (name === 'CLOUDFLARE_API_TOKEN' ? 'CLOUDFLARE_ACCOUNT_ID' : name))
    for (const name of names) expect(problems.filter((it) => it.startsWith(`  - ${name} `))).toHaveLength(1)
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/)
    for (const secret of ['x'.repeat(73), 'only-the-token', 'short']) expect(stderr).not.toContain(secret)
    await rm(dataDir, { recursive: true })
  })
})
