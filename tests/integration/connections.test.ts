import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { everyPermission } from '../support/github-state.ts'
import { freePort } from '../support/slipway.ts'
import { createWorld, type World } from '../support/world.ts'

type Check = { name: string; ok: boolean; message: string }

async function tryConnection(world: World, name: string): Promise<{ ok: boolean; checks: Check[] }> {
  const { status, body } = await world.slipway.api('POST', `/api/connections/${name}/test`)
  expect({ status, message: body.message }).toEqual({ status: 200, message: undefined })
  return body
}
/** What a fine-grained token is tried for. */
const permissions = [
  'Contents → Read-only',
  'Commit statuses → Read and write',
  'Webhooks → Read and write',
  'Deployments → Read and write',
  'Pull requests → Read and write',
  'Administration → Read and write',
]
const failing = ({ checks }: { checks: Check[] }) => checks.filter((it) => !it.ok).map((it) => it.name)
const saying = ({ checks }: { checks: Check[] }, name: string) => checks.find((it) => it.name === name)?.message

describe('with all settings', () => {
  let world: World
  let github: GithubStandIn
  beforeAll(async () => {
    github = await startGithub()
    const env = { SLIPWAY_GITHUB_API_URL: github.apiUrl, SLIPWAY_GITHUB_TOKEN: github.token }
    world = await createWorld({ cloudflare: true, env })
  })
  afterAll(async () => {
    expect(world.cloudflare?.violations).toEqual([])
    expect(github.violations).toEqual([])
    for (const secret of [world.cloudflare?.token ?? '', github.token])
      expect(world.slipway.output()).not.toContain(secret)
    await world.destroy()
    await github.stop()
  })

  test('they are listed, which of them are given, and none of their values', async () => {
    const { status, body } = await world.slipway.api('GET', '/api/connections')
    expect(status).toBe(200)
    expect(body).toEqual({
      connections: [
        {
          name: 'cloudflare',
          isConfigured: true,
          url: world.cloudflare?.url,
          settings: [
            { name: 'CLOUDFLARE_API_TOKEN', isSet: true, isRequired: true },
            { name: 'CLOUDFLARE_ACCOUNT_ID', isSet: true, isRequired: true },
            { name: 'CLOUDFLARE_ZONE_ID', isSet: true, isRequired: true },
            { name: 'CLOUDFLARE_TUNNEL_ID', isSet: false, isRequired: false },
          ],
        },
        {
          name: 'github',
          isConfigured: true,
          url: world.git.url,
          settings: [{ name: 'SLIPWAY_GITHUB_TOKEN', isSet: true, isRequired: false }],
          github: { token: 'environment', app: null, deployKeys: 0 },
        },
      ],
    })
  })

  test('one that is none is refused', async () => {
    const { status, body } = await world.slipway.api('POST', '/api/connections/gitlab/test')
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_input' })
  })

  describe('Cloudflare', () => {
    const all = [
      'API token',
      'Zone',
      'SLIPWAY_DOMAIN',
      'Zone → DNS → Read',
      'Zone → DNS → Edit',
      'Account → Cloudflare Tunnel → Read',
      'Account → Cloudflare Tunnel → Edit',
      'Tunnel',
      'Tunnel rules',
    ]
    afterEach(() => {
      if (!world.cloudflare) return
      Object.assign(world.cloudflare.state, {
        access: { tunnel: 'edit', dns: 'edit' },
        token: { owner: 'user', status: 'active' },
        zoneStatus: 'active',
      })
    })
    const doctor = async () =>
      (await world.slipway.api('GET', '/api/doctor?fresh=true')).body.findings.map((it: any) => it.message)

    test('everything is tried, nothing is changed', async () => {
      const before = world.cloudflare?.state.snapshot()
      const tested = await tryConnection(world, 'cloudflare')
      expect(tested.checks.map((it) => it.name)).toEqual(all)
      expect(failing(tested)).toEqual([])
      expect(tested.ok).toBe(true)
      expect(world.cloudflare?.state.snapshot()).toEqual(before)
    })

    test.each<[string, { tunnel: string; dns: string; zone?: string }, string[], string]>([
      ['may only read DNS', { tunnel: 'edit', dns: 'read' }, ['Zone → DNS → Edit'], 'Zone → DNS → Edit'],
      [
        'may not even read DNS',
        { tunnel: 'edit', dns: 'none' },
        ['Zone → DNS → Read', 'Zone → DNS → Edit'],
        'Zone → DNS → Edit',
      ],
      [
        'does not see the zone',
        { tunnel: 'edit', dns: 'none', zone: 'none' },
        ['Zone', 'SLIPWAY_DOMAIN', 'Zone → DNS → Read', 'Zone → DNS → Edit'],
        'Zone → DNS → Edit',
      ],
      [
        'may only read tunnels',
        { tunnel: 'read', dns: 'edit' },
        ['Account → Cloudflare Tunnel → Edit'],
        'Account → Cloudflare Tunnel → Edit',
      ],
      [
        'may not even read tunnels',
        { tunnel: 'none', dns: 'edit' },
        ['Account → Cloudflare Tunnel → Read', 'Account → Cloudflare Tunnel → Edit', 'Tunnel', 'Tunnel rules'],
        'Account → Cloudflare Tunnel → Edit',
      ],
    ])('a token that %s: the permission is named, once for the doctor', async (_, access, missing, permission) => {
      Object.assign(world.cloudflare?.state ?? {}, { access })
      const tested = await tryConnection(world, 'cloudflare')
      expect(tested.ok).toBe(false)
      expect(failing(tested)).toEqual(missing)
      for (const name of missing) expect(saying(tested, name)).toContain(permission)
      expect(await doctor()).toEqual([expect.stringContaining(permission)])
    })

    test('a token that an account owns is one as well', async () => {
      Object.assign(world.cloudflare?.state.token ?? {}, { owner: 'account', expires_on: '2031-01-01T00:00:00Z' })
      const tested = await tryConnection(world, 'cloudflare')
      expect(failing(tested)).toEqual([])
      expect(saying(tested, 'API token')).toContain('2031-01-01')
    })

    test('a token that has expired is the one thing that is wrong', async () => {
      Object.assign(world.cloudflare?.state.token ?? {}, { status: 'expired' })
      const tested = await tryConnection(world, 'cloudflare')
      expect(failing(tested)).toEqual(all)
      expect(new Set(tested.checks.map((it) => it.message))).toHaveLength(1)
      expect(tested.checks[0]?.message).toMatch(/expired.*CLOUDFLARE_API_TOKEN/)
      expect(await doctor()).toHaveLength(1)
    })

    test('a zone that is not in use yet: its name servers are named', async () => {
      Object.assign(world.cloudflare?.state ?? {}, { zoneStatus: 'pending' })
      const tested = await tryConnection(world, 'cloudflare')
      expect(failing(tested)).toEqual(['SLIPWAY_DOMAIN'])
      expect(saying(tested, 'SLIPWAY_DOMAIN')).toContain('ada.ns.cloudflare.com')
    })

    test.each<[string, RegExp, string]>([
      ['the first answer', /tokens\/verify$/, 'API token'],
      ['an answer in the middle', /PATCH .*dns_records/, 'Zone → DNS → Edit'],
    ])('%s never comes: within 15 s it is told what was found until then', async (_, match, name) => {
      world.cloudflare?.fail({ match, kind: 'hang', times: 1 })
      const start = performance.now()
      const tested = await tryConnection(world, 'cloudflare')
      expect(performance.now() - start).toBeLessThan(17_000)
      expect(failing(tested)[0]).toBe(name)
      expect(saying(tested, name)).toMatch(/did not answer|no answer/)
    })
  })

  describe('GitHub', () => {
    afterEach(() => {
      Object.assign(github.state, {
        scopes: undefined,
        expiration: undefined,
        repositories: [{ full_name: 'acme/secret', archived: false, permissions: { push: true } }],
        permissions: everyPermission(),
        fault: undefined,
      })
    })

    test('a fine-grained token is tried on a private repository; no status is set', async () => {
      const tested = await tryConnection(world, 'github')
      expect(tested.checks.map((it) => it.name)).toEqual([
        'Git host',
        'Token',
        'Expiry',
        'Repository access',
        ...permissions,
      ])
      expect(failing(tested)).toEqual([])
      expect(saying(tested, 'Token')).toContain('octocat')
    })

    test.each<[string, Partial<GithubStandIn['state']>, string[], RegExp]>([
      [
        'that may not read',
        { permissions: { ...everyPermission(), contents: false } },
        ['Contents → Read-only'],
        /Contents → Read-only.*cannot be cloned/,
      ],
      [
        'that may not set statuses',
        { permissions: { ...everyPermission(), statuses: false } },
        ['Commit statuses → Read and write'],
        /Commit statuses → Read and write/,
      ],
      [
        'that may not make webhooks',
        { permissions: { ...everyPermission(), repository_hooks: false } },
        ['Webhooks → Read and write'],
        /Webhooks → Read and write.*polled for instead/,
      ],
      [
        'that may neither list deployments nor comment',
        { permissions: { ...everyPermission(), deployments: false, pull_requests: false } },
        ['Deployments → Read and write', 'Pull requests → Read and write'],
        /Deployments → Read and write.*lists no deployments/,
      ],
      [
        'that sees no repository',
        { repositories: [] },
        ['Repository access', ...permissions],
        /Repository access.*Contents → Read-only, Commit statuses → Read and write, Webhooks/,
      ],
    ])('a fine-grained token %s', async (_, state, missing, says) => {
      Object.assign(github.state, state)
      const tested = await tryConnection(world, 'github')
      expect(failing(tested)).toEqual(missing)
      expect(saying(tested, missing[0] ?? '')).toMatch(says)
    })

    test('a token that may not add deploy keys is told so, which is no fault', async () => {
      github.state.permissions = { ...everyPermission(), administration: false }
      const tested = await tryConnection(world, 'github')
      expect(tested.ok).toBe(true)
      expect(saying(tested, 'Administration → Read and write')).toMatch(/lacks.*added by hand/)
    })

    test('where nothing can be written to, statuses are not tried', async () => {
      github.state.repositories = [{ full_name: 'acme/old', archived: true, permissions: { push: true } }]
      const tested = await tryConnection(world, 'github')
      expect(failing(tested)).toEqual([])
      expect(saying(tested, 'Commit statuses → Read and write')).toContain('could not be tried')
    })

    test.each<[string, boolean, RegExp]>([
      ['repo, workflow', true, /private repositories/],
      ['public_repo, repo:status', false, /public_repo, repo:status, and not the scope “repo”/],
      ['', false, /no scope, and not the scope “repo”/],
    ])('a classic token with the scopes “%s”', async (scopes, ok, says) => {
      github.state.scopes = scopes
      const tested = await tryConnection(world, 'github')
      expect(tested.checks.map((it) => it.name)).toEqual(['Git host', 'Token', 'Expiry', 'Scope “repo”'])
      expect(tested.ok).toBe(ok)
      expect(saying(tested, 'Scope “repo”')).toMatch(says)
    })

    test('the end of the token is told, and warned of in the last 14 days', async () => {
      const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 + 60_000).toISOString().slice(0, 19)
      const ending = async (expiration: string | undefined) => {
        github.state.expiration = expiration
        const { checks } = await tryConnection(world, 'github')
        const { ok, message } = checks.find((it) => it.name === 'Expiry') as Check
        return { ok, message }
      }
      const header = (days: number) => `${inDays(days).replace('T', ' ')} UTC`
      expect(await ending(undefined)).toEqual({ ok: true, message: 'The token does not end.' })
      expect(await ending(header(15))).toEqual({ ok: true, message: expect.stringContaining(inDays(15).slice(0, 10)) })
      expect(await ending(header(5))).toEqual({
        ok: false,
        message: expect.stringMatching(/in 5 days.*Make a new one/),
      })
      expect(await ending('2031-03-31 00:00:00 +0900')).toEqual({
        ok: true,
        message: expect.stringContaining('2031-03-30'),
      })
    })

    test.each<[NonNullable<GithubStandIn['state']['fault']>, RegExp]>([
      ['hang', /no answer within 10 s/],
      ['html', /not one of GitHub's API.*SLIPWAY_GITHUB_API_URL/],
      ['huge', /not one of GitHub's API/],
      ['redirect', /redirects, and the token is not sent/],
      ['rate limit', /used up/],
      ['500', /answered GET \/user with 500: Server Error/],
    ])('a server that answers with “%s”', async (fault, says) => {
      github.state.fault = fault
      const tested = await tryConnection(world, 'github')
      expect(failing(tested)).toEqual(['Token'])
      expect(saying(tested, 'Token')).toMatch(says)
      expect(JSON.stringify(tested)).not.toContain(github.token)
    })
  })
})

describe('other settings', () => {
  const worlds: World[] = []
  const start = async (options: Parameters<typeof createWorld>[0]) => {
    const world = await createWorld(options)
    worlds.push(world)
    return world
  }
  afterAll(async () => {
    for (const world of worlds) await world.destroy()
  })

  test('none at all: what to put into .env is said, and public repositories work', async () => {
    const world = await start({})
    const { connections } = (await world.slipway.api('GET', '/api/connections')).body
    expect(connections.map((it: any) => [it.name, it.isConfigured, it.url])).toEqual([
      ['cloudflare', false, 'https://api.cloudflare.com/client/v4'],
      ['github', false, world.git.url],
    ])
    expect(await tryConnection(world, 'cloudflare')).toEqual({
      ok: false,
      checks: [
        {
          name: 'Settings',
          ok: false,
          message: expect.stringMatching(/CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_ZONE_ID .*\.env/),
        },
      ],
    })
    expect(await tryConnection(world, 'github')).toEqual({
      ok: true,
      checks: [{ name: 'Git host', ok: true, message: expect.stringContaining('private ones with an App, a token') }],
    })
  })

  test('wrong ones: each is named', async () => {
    const github = await startGithub()
    const world = await start({
      cloudflare: true,
      env: {
        CLOUDFLARE_API_TOKEN: 'not-that-token',
        SLIPWAY_DOMAIN: 'example.org',
        SLIPWAY_GITHUB_TOKEN: 'ghp_wrong',
        SLIPWAY_GITHUB_API_URL: github.apiUrl,
      },
    })
    const cloudflare = await tryConnection(world, 'cloudflare')
    expect(cloudflare.checks[0]).toEqual({
      name: 'API token',
      ok: false,
      message: expect.stringMatching(/does not accept the API token.*CLOUDFLARE_API_TOKEN/),
    })
    const tested = await tryConnection(world, 'github')
    expect(failing(tested)).toEqual(['Token'])
    expect(saying(tested, 'Token')).toMatch(/does not accept the token.*SLIPWAY_GITHUB_TOKEN/)
    for (const secret of ['not-that-token', 'ghp_wrong']) {
      expect(JSON.stringify([cloudflare, tested])).not.toContain(secret)
      expect(world.slipway.output()).not.toContain(secret)
    }
    await github.stop()
  })

  test('a zone of another domain, and a Git host and an API that are not there', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const env = {
      SLIPWAY_DOMAIN: 'apps.example.org',
      SLIPWAY_GITHUB_URL: nowhere,
      SLIPWAY_GITHUB_API_URL: nowhere,
      SLIPWAY_GITHUB_TOKEN: 'ghp_any',
    }
    const world = await start({ cloudflare: true, env })
    const tested = await tryConnection(world, 'cloudflare')
    expect(failing(tested)).toEqual(['SLIPWAY_DOMAIN'])
    expect(saying(tested, 'SLIPWAY_DOMAIN')).toMatch(
      /is the zone example\.com, and SLIPWAY_DOMAIN is apps\.example\.org/,
    )
    const github = await tryConnection(world, 'github')
    expect(failing(github)).toEqual(['Git host', 'Token'])
    expect(saying(github, 'Git host')).toMatch(/could not be reached: .*ECONNREFUSED/)
  })

  test('a domain below the zone’s: visitors need another certificate', async () => {
    const world = await start({
      cloudflare: true,
      env: { SLIPWAY_DOMAIN: 'apps.example.com', SLIPWAY_GITHUB_TOKEN: 'ghp_any' },
    })
    const tested = await tryConnection(world, 'cloudflare')
    expect(tested.ok).toBe(true)
    expect(saying(tested, 'SLIPWAY_DOMAIN')).toMatch(/Advanced Certificate/)
    // The API is left at github.com's, where a token for another host must not be sent.
    const github = await tryConnection(world, 'github')
    expect(failing(github)).toEqual(['Token'])
    expect(saying(github, 'Token')).toMatch(/where the token does not belong/)
  })
})
