import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { newState } from '../support/github-state.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let github: GithubStandIn
beforeAll(async () => {
  github = await startGithub()
  world = await createWorld({ env: { SLIPWAY_GITHUB_API_URL: github.apiUrl, SLIPWAY_LOG_LEVEL: 'trace' } })
  const repository = await world.git.makeRepository('acme', 'secret')
  await repository.commit({ 'index.html': '<h1>secret</h1>' }, 'First commit')
  world.git.protect('acme', 'secret', (password) => github.opens('acme/secret', password))
})
afterAll(async () => {
  await world.destroy()
  await github.stop()
  expect(github.violations).toEqual([])
})

const api = (method: string, address: string, body?: unknown) => world.slipway.api(method, address, body)
/** A plan clones the repository and makes nothing. */
const plan = async () => (await api('POST', '/api/plan', { githubUrl: 'acme/secret', subdomain: 'secret' })).body
/** Asks for the branches, once without anything and once with what there is. */
const look = async () => (await api('POST', '/api/repository', { githubUrl: 'acme/secret' })).body
const githubConnection = async () =>
  (await api('GET', '/api/connections')).body.connections.find((it: any) => it.name === 'github')

/** All that Slipway keeps and prints. */
async function everythingKept(): Promise<string> {
  const { dataDir, output } = world.slipway
  const files = (await readdir(dataDir)).filter((name) => name.startsWith('slipway.db'))
  const texts = await Promise.all(files.map((name) => readFile(path.join(dataDir, name), 'latin1')))
  const audit = (await api('GET', '/api/audit')).body
  return [...texts, output(), JSON.stringify(audit)].join('\n')
}

test('with nothing connected a private repository is not there, and what to connect is said', async () => {
  expect(await plan()).toMatchObject({ code: 'repository_not_found', hint: expect.stringContaining('connect GitHub') })
  expect(await githubConnection()).toMatchObject({
    isConfigured: false,
    github: { token: null, app: null, deployKeys: 0 },
  })
})

describe('a token that is given through the API', () => {
  test('is not kept when GitHub does not accept it, nor when GitHub cannot be asked', async () => {
    const wrong = await api('PUT', '/api/connections/github', { token: 'ghp_wrong' })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_input', field: 'token' } })
    github.state.fault = '500'
    const away = await api('PUT', '/api/connections/github', { token: github.token })
    github.state.fault = undefined
    expect(away).toMatchObject({ status: 502, body: { code: 'github_unavailable' } })
    expect((await githubConnection()).github.token).toBe(null)
  })

  test('is tested, kept, and reads private repositories; nothing answers or shows it again', async () => {
    const { status, body } = await api('PUT', '/api/connections/github', { token: github.token })
    expect({ status, ok: body.ok }).toEqual({ status: 200, ok: true })
    expect(body.checks.map((it: any) => it.name)).toContain('Webhooks → Read and write')
    expect(await plan()).toMatchObject({ branch: 'main', problems: [] })
    const repository = await api('POST', '/api/repository', { githubUrl: 'acme/secret' })
    expect(repository.body).toMatchObject({ isPrivate: true, defaultBranch: 'main' })
    expect((await githubConnection()).github.token).toBe('settings')
    expect(JSON.stringify([body, await githubConnection()])).not.toContain(github.token)
    expect(await everythingKept()).not.toContain(github.token)
  })

  test('gives way to one of the environment, which is said; without that it is there again', async () => {
    await world.slipway.terminate()
    await world.slipway.start({ SLIPWAY_GITHUB_TOKEN: 'ghp_of_the_environment' })
    expect((await githubConnection()).github.token).toBe('environment')
    expect(await plan()).toMatchObject({ code: 'repository_not_found' })
    const refusal = await api('PUT', '/api/connections/github', { token: github.token })
    expect(refusal).toMatchObject({ status: 409, body: { message: expect.stringContaining('SLIPWAY_GITHUB_TOKEN') } })
    await world.slipway.terminate()
    await world.slipway.start()
    expect(await plan()).toMatchObject({ branch: 'main' })
  })

  test('is forgotten when asked, once', async () => {
    expect((await api('DELETE', '/api/connections/github')).status).toBe(204)
    expect(await plan()).toMatchObject({ code: 'repository_not_found' })
    expect((await api('DELETE', '/api/connections/github')).status).toBe(404)
  })

  test('is nothing for an API token to give or take', async () => {
    const { body } = await api('POST', '/api/tokens', { name: 'program', scope: 'write' })
    const headers = { authorization: `Bearer ${body.secret}` }
    const give = await world.slipway.api('PUT', '/api/connections/github', { token: github.token }, headers)
    expect(give).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const make = await world.slipway.api('POST', '/api/github/app', {}, headers)
    expect(make).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })
})

describe('a GitHub App', () => {
  const begin = async (body: object = {}) => (await api('POST', '/api/github/app', body)).body
  const stateOf = (action: string) => new URL(action).searchParams.get('state') ?? ''
  /** As the browser comes back; answers where it is sent on to. */
  async function comeBack(code: string, state: string, token = world.slipway.token): Promise<string> {
    const address = `/api/github/app/callback?${new URLSearchParams({ code, state })}`
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${world.slipway.url}${address}`, { headers, redirect: 'manual' })
    return response.headers.get('location') ?? `${response.status}`
  }
  afterEach(() => {
    github.state.tokenLifeMs = newState().tokenLifeMs
    github.state.fault = undefined
  })

  test('is asked for with the least that works', async () => {
    const { action, manifest } = await begin()
    expect(action).toMatch(new RegExp(`^${world.git.url}/settings/apps/new\\?state=[\\w-]{32}$`))
    expect(manifest).toMatchObject({ public: false, url: world.slipway.url })
    expect(manifest.default_permissions).not.toHaveProperty('administration')
    expect(manifest.hook_attributes).toEqual({ url: `${world.slipway.url}/api/webhooks/github`, active: true })
    expect(manifest.default_events).toEqual(['push', 'pull_request'])
    const { action: ofOrganization } = await begin({ organization: 'acme-inc' })
    expect(ofOrganization).toContain('/organizations/acme-inc/settings/apps/new')
    expect((await api('POST', '/api/github/app', { organization: '../x' })).status).toBe(400)
  })

  test('a state that was made up, used, or belongs to another session is refused, and its code not even tried', async () => {
    const { action, manifest } = await begin()
    const code = github.submitManifest(manifest)
    const asked = github.requests.length
    expect(await comeBack(code, 'made-up')).toBe('/settings/connections?github=expired')
    const other = await api('POST', '/api/auth/login', { username: 'admin', password: 'correct horse battery' })
    expect(await comeBack(code, stateOf(action), other.body.token)).toBe('/settings/connections?github=expired')
    expect(github.requests.length).toBe(asked)
    expect(await comeBack(code, stateOf(action), 'nobody')).toBe('401')
    // The wrong session did not use it up.
    expect(await comeBack('wrong-code', stateOf(action))).toBe('/settings/connections?github=github_denied')
    expect(await comeBack(code, stateOf(action))).toBe('/settings/connections?github=expired')
    expect((await api('GET', '/api/github/app')).body).toEqual({ app: null, installations: [] })
  })

  test('is kept when the browser comes back with its code; none of its secrets is shown or readable', async () => {
    const { action, manifest } = await begin()
    const code = github.submitManifest(manifest)
    expect(await comeBack(code, stateOf(action))).toBe('/settings/connections?github=connected')
    const shown = (await api('GET', '/api/github/app')).body
    expect(shown).toEqual({
      app: {
        name: manifest.name,
        slug: manifest.name,
        htmlUrl: expect.stringContaining('/apps/'),
        installUrl: expect.stringMatching(/\/apps\/.*\/installations\/new$/),
        hasWebhook: true,
      },
      installations: [],
    })
    const { privateKey = '', clientSecret = '', webhookSecret } = github.state.app ?? {}
    const everything = `${JSON.stringify(shown)}\n${await everythingKept()}`
    for (const secret of [clientSecret, webhookSecret ?? '', privateKey.split('\n')[5] ?? '', 'RSA PRIVATE KEY']) {
      expect(secret.length).toBeGreaterThan(10)
      expect(everything).not.toContain(secret)
    }
    expect(await api('POST', '/api/github/app', {})).toMatchObject({ status: 409 })
  })

  test('a code works once', async () => {
    await api('DELETE', '/api/github/app')
    const { action, manifest } = await begin()
    const code = github.submitManifest(manifest)
    expect(await comeBack(code, stateOf(action))).toBe('/settings/connections?github=connected')
    await api('DELETE', '/api/github/app')
    const again = await begin()
    expect(await comeBack(code, stateOf(again.action))).toBe('/settings/connections?github=github_denied')
    expect((await api('GET', '/api/github/app')).body.app).toBe(null)
    expect(await comeBack(github.submitManifest(manifest), stateOf((await begin()).action))).toContain('connected')
  })

  test('opens nothing until it is installed, and is used at once when it is', async () => {
    expect(await plan()).toMatchObject({ code: 'repository_not_found' })
    const tested = (await api('POST', '/api/connections/github/test')).body
    expect(tested.checks.find((it: any) => it.name === 'App: installations')).toMatchObject({
      ok: false,
      message: expect.stringContaining('/installations/new'),
    })
    install({})
    expect(await plan()).toMatchObject({ branch: 'main' })
    expect((await api('GET', '/api/github/app')).body.installations).toEqual([
      { id: 99, account: 'acme', selection: 'selected', url: expect.any(String), isSuspended: false },
    ])
  })

  test('its token is for one repository, used again for an hour, and asked for anew before it ends', async () => {
    await look()
    const before = tokensMade()
    await Promise.all([look(), look()])
    expect(tokensMade()).toBe(before)
    expect([...github.state.tokens.values()].map((it) => it.repositories)).toContainEqual(['acme/secret'])

    github.state.tokens.clear()
    github.state.tokenLifeMs = 4 * 60_000
    expect(await look()).toMatchObject({ isPrivate: true })
    // The one that was revoked is replaced; one that ends within five minutes is not used twice.
    expect(tokensMade()).toBe(before + 1)
    expect(await look()).toMatchObject({ isPrivate: true })
    expect(tokensMade()).toBe(before + 2)
  })

  test('the test names what was not accepted where, and what does not work without it', async () => {
    install({ statuses: 'read' })
    const { ok, checks } = (await api('POST', '/api/connections/github/test')).body
    expect(ok).toBe(false)
    expect(checks.filter((it: any) => !it.ok)).toEqual([
      {
        name: 'App: Commit statuses → Read and write',
        ok: false,
        message: expect.stringMatching(/acme.*Without it commits do not show/),
      },
    ])
    install({})
    expect((await api('POST', '/api/connections/github/test')).body.ok).toBe(true)
  })

  test('when it is suspended, or GitHub is away, a private repository is not read, and why is said', async () => {
    github.state.tokens.clear()
    Object.assign(github.state.installations[0] ?? {}, { suspended: true })
    expect(await plan()).toMatchObject({ code: 'repository_not_found' })
    github.state.fault = '500'
    expect(await plan()).toMatchObject({ code: 'github_unavailable' })
    expect((await api('GET', '/api/github/app')).body).toMatchObject({ problem: expect.stringContaining('500') })
    github.state.fault = undefined
    install({})
    expect(await plan()).toMatchObject({ branch: 'main' })
  })

  test('goes before a token, and after it where it is not installed', async () => {
    expect((await api('PUT', '/api/connections/github', { token: github.token })).status).toBe(200)
    const password = async () => {
      await look()
      const basic = world.git.requests.at(-1)?.authorization?.replace('Basic ', '') ?? ''
      return Buffer.from(basic, 'base64').toString().replace('x-access-token:', '')
    }
    expect(await password()).toMatch(/^ghs_/)
    github.state.installations = []
    github.state.tokens.clear()
    expect(await password()).toBe(github.token)
    await api('DELETE', '/api/connections/github')
    install({})
    expect(await password()).toMatch(/^ghs_/)
  })

  test('no token of its installations was printed or kept', async () => {
    const everything = await everythingKept()
    expect(github.state.tokens.size).toBeGreaterThan(0)
    for (const token of github.state.tokens.keys()) expect(everything).not.toContain(token)
  })

  const tokensMade = () => github.requests.filter((it) => it.line.endsWith('/access_tokens')).length

  function install(but: Record<string, string>) {
    const permissions = { ...github.state.app?.permissions, ...but }
    github.state.installations = [
      { id: 99, account: 'acme', repositories: ['acme/secret'], permissions, suspended: false },
    ]
  }
})
