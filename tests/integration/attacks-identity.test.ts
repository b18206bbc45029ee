import { generateKeyPairSync } from 'node:crypto'
import { request } from 'node:http'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSecrets, loadMasterKeys } from '../../server/secrets.ts'
import { openSocket, upgradeStatus } from '../support/live-socket.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const PASSWORD = 'correct horse battery'
const NOBODY = '00000000-0000-4000-8000-000000000000'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())

/** A request as any program could send it: no session, no Origin, unless they are given. */
const bare = (method: string, address: string, body?: unknown, headers: Record<string, string> = {}) =>
  world.slipway.api(method, address, body, { authorization: '', ...headers })

let visitors = 0
/** Another address on each call, so that one test's failed logins are not held against the next. */
const elsewhere = () => ({ 'x-forwarded-for': `192.0.2.${++visitors}` })

const login = (password = PASSWORD, username = 'admin', headers = elsewhere()) =>
  bare('POST', '/api/auth/login', { username, password }, headers)

const verify = async (token: string) => {
  const { status, body } = await bare('GET', '/api/auth/verify', undefined, { authorization: `Bearer ${token}` })
  return status === 200 ? 'welcome' : `${status} ${body.code}`
}
const cookieOf = (token: string) => ({ cookie: `__Host-slipway=${token}` })

describe('31 forged tokens', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  let key: Buffer
  let session: Record<string, any>
  let expired: Record<string, any>

  beforeAll(() => {
    key = createSecrets(loadMasterKeys(world.slipway.dataDir, undefined)).sessionKey
    session = jwt.decode(world.slipway.token) as Record<string, any>
    const now = Math.floor(Date.now() / 1000)
    expired = { ...session, iat: now - 7200, exp: now - 3600 }
  })

  test('one signed with the right key for an open session is accepted, so the others fail for what is wrong with them', async () => {
    expect(await verify(jwt.sign(session, key))).toBe('welcome')
  })

  test.each<[string, () => string]>([
    ['alg none', () => `${part({ alg: 'none', typ: 'JWT' })}.${part(session)}.`],
    [
      'alg NONE with a signature',
      () => `${part({ alg: 'NONE' })}.${part(session)}.${world.slipway.token.split('.')[2]}`,
    ],
    ['no alg', () => `${part({ typ: 'JWT' })}.${part(session)}.`],
    ['RS256', () => jwt.sign(session, rsa.privateKey, { algorithm: 'RS256' })],
    ['HS256 with a public key', () => jwt.sign(session, rsa.publicKey.export({ type: 'spki', format: 'pem' }))],
    ['HS512 with the right key', () => jwt.sign(session, key, { algorithm: 'HS512' })],
    ['an empty key', () => `${part({ alg: 'HS256' })}.${part(session)}.`],
    [
      'a key of the header',
      () =>
        jwt.sign(session, 'mine', { header: { alg: 'HS256', kid: '/dev/null', jku: 'http://evil.example' } as never }),
    ],
    ['a foreign issuer', () => jwt.sign({ ...session, iss: 'elsewhere' }, key)],
    ['no issuer', () => jwt.sign({ sid: session.sid }, key)],
    ['expired', () => jwt.sign(expired, key)],
    ['not valid yet', () => jwt.sign({ ...session, nbf: Math.floor(Date.now() / 1000) + 3600 }, key)],
    ['a session that is not', () => jwt.sign({ ...session, sid: NOBODY }, key)],
    ['no session', () => jwt.sign({ ...session, sid: undefined }, key)],
    ['a session that is an object', () => jwt.sign({ ...session, sid: { $ne: '' } }, key)],
    ['a session that is a wildcard', () => jwt.sign({ ...session, sid: '%' }, key)],
    ['a changed payload', () => world.slipway.token.replace(/\.(.*)\./, `.${part({ ...session, sub: NOBODY })}.`)],
    ['a payload that is no JSON', () => `${part({ alg: 'HS256', typ: 'JWT' })}.bm9wZQ.c2ln`],
    ['a header that is null', () => 'bnVsbA.e30.c2ln'],
    ['a text', () => jwt.sign('just text', key)],
    ['no token at all', () => 'Bearer'],
    ['a very long one', () => `${'a'.repeat(10_000)}.b.c`],
  ])('%s: 401', async (_, forge) => {
    const token = forge()
    expect(await verify(token)).toBe('401 unauthenticated')
    const { status } = await bare('GET', '/api/auth/verify', undefined, cookieOf(token))
    expect(status).toBe(401)
  })
})

describe('32 sessions that have ended', () => {
  const follow = (token: string) => openSocket(`${world.slipway.url}/api/events`, { authorization: `Bearer ${token}` })

  test('after a logout the token is worth nothing, its WebSocket is closed, and another session goes on', async () => {
    const { token } = (await login()).body
    const [own, other] = await Promise.all([follow(token), follow(world.slipway.token)])
    await own.until((message) => message.type === 'hello')
    const out = await bare('POST', '/api/auth/logout', undefined, { authorization: `Bearer ${token}` })
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toMatch(/__Host-slipway=;.*(Max-Age=0|1970)/)
    expect(await verify(token)).toBe('401 unauthenticated')
    expect(await own.closed).toBe(4401)
    expect(await verify(world.slipway.token)).toBe('welcome')
    other.close()
  })

  test('after a change of the password every token is worth nothing, and every WebSocket is closed', async () => {
    const tokens = [world.slipway.token, (await login()).body.token, (await login()).body.token]
    const sockets = await Promise.all(tokens.map(follow))
    const next = 'another horse, another battery'
    const change = (currentPassword: string, newPassword: string) =>
      world.slipway.api('POST', '/api/auth/password', { currentPassword, newPassword })

    expect(await change('wrong horse', next)).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    expect(await verify(world.slipway.token)).toBe('welcome')
    expect((await change(PASSWORD, next)).status).toBe(204)
    for (const token of tokens) expect(await verify(token)).toBe('401 unauthenticated')
    for (const socket of sockets) expect(await socket.closed).toBe(4401)

    expect((await login(PASSWORD)).status).toBe(401)
    world.slipway.token = (await login(next)).body.token
    expect((await change(next, PASSWORD)).status).toBe(204)
    world.slipway.token = (await login()).body.token
  })
})

describe('32 API tokens that were deleted', () => {
  test('are worth nothing at once, for nothing, and their WebSocket is closed', async () => {
    const made = (await world.slipway.api('POST', '/api/tokens', { name: 'stolen', scope: 'write' })).body
    const thief = { authorization: `Bearer ${made.secret}` }
    const socket = await openSocket(`${world.slipway.url}/api/events`, thief)
    await socket.until((message) => message.type === 'hello')
    expect(await verify(made.secret)).toBe('welcome')
    expect((await world.slipway.api('DELETE', `/api/tokens/${made.token.id}`)).status).toBe(204)
    expect(await verify(made.secret)).toBe('401 unauthenticated')
    expect(await socket.closed).toBe(4401)
    expect(await upgradeStatus(`${world.slipway.url}/api/events`, thief)).toBe(401)
  })
})

describe('33 WebSockets of other pages', () => {
  const paths = ['/api/events', `/api/logs/${NOBODY}`]
  type Row = [who: string, headers: () => Record<string, string>, status: number]
  const rows: Row[] = [
    ['our own page', () => ({ ...cookieOf(world.slipway.token), origin: world.slipway.url }), 101],
    ['a program with a token', () => ({ authorization: `Bearer ${world.slipway.token}` }), 101],
    ['nobody', () => ({}), 401],
    ['our own page without a session', () => ({ origin: world.slipway.url }), 401],
    ['the cookie without an Origin', () => cookieOf(world.slipway.token), 403],
    ...[
      (own: string) => own.replace('127.0.0.1', 'app.localhost'),
      (own: string) => own.replace('http:', 'https:'),
      (own: string) => `${own}.evil.example`,
      (own: string) => `${own}/`,
      (own: string) => own.replace('127', 'evil.example/127'),
      () => `http://127.0.0.1:${world.slipway.httpPort}`,
      () => 'http://evil.example',
      () => 'null',
      () => '',
    ].map(
      (change): Row => [
        `the cookie with the Origin ${String(change).replace(/\s+/g, ' ')}`,
        () => ({ ...cookieOf(world.slipway.token), origin: change(world.slipway.url) }),
        403,
      ],
    ),
    [
      'a token from another page',
      () => ({ authorization: `Bearer ${world.slipway.token}`, origin: 'http://evil.example' }),
      403,
    ],
  ]
  test.each(rows)('%s', async (_, headers, status) => {
    for (const address of paths)
      expect({ address, status: await upgradeStatus(`${world.slipway.url}${address}`, headers()) }).toEqual({
        address,
        status,
      })
  })
})

describe('34 an app on a sibling subdomain that attacks its visitors', () => {
  test('the cookie is one that no other host can set, that no script can read, and that other sites do not send', async () => {
    const set = (await login()).headers.getSetCookie()
    expect(set).toHaveLength(1)
    const [value = '', ...attributes] = (set[0] ?? '').split('; ')
    expect(value).toMatch(/^__Host-slipway=ey/)
    expect(attributes.map((it) => it.replace(/=.*/, '')).sort()).toEqual([
      'Expires',
      'HttpOnly',
      'Path',
      'SameSite',
      'Secure',
    ])
    expect(attributes).toContain('Path=/')
    expect(attributes).toContain('SameSite=Lax')
  })

  const forms: [string, string, string][] = [
    ['a form', 'application/x-www-form-urlencoded', 'githubUrl=acme/x&subdomain=forged'],
    ['a form with JSON as plain text', 'text/plain', '{"githubUrl":"acme/x","subdomain":"forged"}'],
    ['a form with files', 'multipart/form-data; boundary=x', '--x--'],
    ['fetch with JSON', 'application/json', '{"githubUrl":"acme/x","subdomain":"forged"}'],
  ]
  test.each(forms)('%s, sent with the visitor’s cookie, is refused by its Origin', async (_, type, body) => {
    const before = await world.inventory()
    for (const origin of [
      'http://app.localhost:8080',
      `http://app.localhost:${world.slipway.httpPort}`,
      'null',
      undefined,
    ]) {
      const answer = await bare('POST', '/api/deployments', body, {
        ...cookieOf(world.slipway.token),
        'content-type': type,
        ...(origin !== undefined && { origin }),
      })
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden_origin' } })
    }
    expect(await world.inventory()).toEqual(before)
  })

  test('a form of another page cannot log anybody in or out', async () => {
    const origin = 'http://app.localhost:8080'
    const forged = await bare('POST', '/api/auth/login', { username: 'admin', password: PASSWORD }, { origin })
    expect(forged).toMatchObject({ status: 403, body: { code: 'forbidden_origin' } })
    expect(forged.headers.getSetCookie()).toEqual([])
    const out = await bare('POST', '/api/auth/logout', undefined, { ...cookieOf(world.slipway.token), origin })
    expect(out.status).toBe(403)
    expect(await verify(world.slipway.token)).toBe('welcome')
  })

  test('a cookie of another name, as another host could set it, opens nothing', async () => {
    for (const name of ['slipway', '__Secure-slipway', '__host-slipway']) {
      const cookie = `${name}=${world.slipway.token}`
      expect((await bare('GET', '/api/auth/verify', undefined, { cookie })).status).toBe(401)
    }
    expect((await bare('GET', '/api/auth/verify', undefined, cookieOf(world.slipway.token))).status).toBe(200)
  })

  test('no page of another origin may read a reply, and none may frame one', async () => {
    const { headers } = await world.slipway.api('GET', '/api/deployments', undefined, { origin: 'http://evil.example' })
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('x-frame-options') ?? headers.get('content-security-policy')).toMatch(
      /DENY|SAMEORIGIN|frame-ancestors/,
    )
    const preflight = await bare('OPTIONS', '/api/deployments', undefined, {
      origin: 'http://evil.example',
      'access-control-request-method': 'POST',
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('30, 34 what an app is told by nginx', () => {
  let heard: (headers: Record<string, string>) => Promise<Record<string, string>>
  beforeAll(async () => {
    const app = await world.deploy({ githubUrl: (await makeApp(world, echo)).url, subdomain: 'echo' })
    expect(app.error).toBeUndefined()
    heard = async (headers) => JSON.parse((await world.ask('echo.localhost', '/', headers)).text).headers
  })

  test('30 nothing that a visitor says about addresses arrives', async () => {
    const forged = ['for', 'host', 'proto', 'port', 'server', 'prefix'].map((it) => `x-forwarded-${it}`)
    const names = [...forged, 'x-real-ip', 'forwarded', 'true-client-ip', 'cf-connecting-ip', 'cf-visitor']
    const headers = await heard(Object.fromEntries(names.map((name) => [name, '6.6.6.6'])))
    expect(Object.entries(headers).filter(([, value]) => value.includes('6.6.6.6'))).toEqual([])
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'echo.localhost',
    })
  })

  test.each([
    ['alone', (token: string) => `__Host-slipway=${token}`, undefined],
    ['first', (token: string) => `__Host-slipway=${token}; a=1; b=2`, 'a=1; b=2'],
    ['in the middle', (token: string) => `a=1; __Host-slipway=${token}; b=2`, 'a=1; b=2'],
    ['last', (token: string) => `a=1; b=2; __Host-slipway=${token}`, 'a=1; b=2'],
    ['twice', (token: string) => `__Host-slipway=${token}; a=1; __Host-slipway=${token}`, 'a=1'],
  ])('34 the session’s cookie, %s, does not reach an app, and its own cookies do', async (_, cookie, rest) => {
    const headers = await heard({ cookie: cookie(world.slipway.token) })
    expect(JSON.stringify(headers)).not.toContain(world.slipway.token)
    expect(headers.cookie?.trim() || undefined).toBe(rest)
  })
})

describe('35 guessing passwords', () => {
  test('after ten failures an address is refused, even with the right password; another address is not', async () => {
    const here = { 'x-forwarded-for': '198.51.100.1' }
    const answers = await Promise.all(Array.from({ length: 25 }, (_, at) => login(`wrong horse ${at}`, 'admin', here)))
    const count = (status: number) => answers.filter((it) => it.status === status).length
    expect({ tried: count(401), refused: count(429) }).toEqual({ tried: 10, refused: 15 })
    expect(await login(PASSWORD, 'admin', here)).toMatchObject({
      status: 429,
      body: { code: 'too_many_attempts', message: expect.stringMatching(/Wait 15 minutes/) },
    })
    expect((await login()).status).toBe(200)
  })

  test('after thirty failures from anywhere an account is refused, however its name is written', async () => {
    const names = ['someone', ' someone', 'ｓｏｍｅｏｎｅ', 'someone\u3000']
    const answers = await Promise.all(Array.from({ length: 30 }, (_, at) => login('wrong horse', names[at % 4])))
    expect(answers.map((it) => it.status)).toEqual(answers.map(() => 401))
    expect((await login('wrong horse', 'someone')).status).toBe(429)
    expect((await login()).status).toBe(200)
  })

  test('successful logins are not counted', async () => {
    const here = { 'x-forwarded-for': '198.51.100.2' }
    for (let at = 0; at < 12; at++) expect((await login(PASSWORD, 'admin', here)).status).toBe(200)
  })

  test('an unknown user takes as long as a wrong password, and is told the same', async () => {
    const time = async (username: string) => {
      const start = performance.now()
      const { status, body } = await login('wrong horse', username)
      return { ms: performance.now() - start, said: `${status} ${JSON.stringify(body)}` }
    }
    const pairs = []
    for (let at = 0; at < 7; at++) pairs.push({ known: await time('admin'), unknown: await time(`nobody-${at}`) })
    for (const { known, unknown } of pairs) expect(unknown.said).toBe(known.said)
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
    const ratio = median(pairs.map((it) => it.unknown.ms)) / median(pairs.map((it) => it.known.ms))
    expect(ratio).toBeGreaterThan(0.4)
    expect(ratio).toBeLessThan(2.5)
  })
})

describe('36 passwords longer than bcrypt looks at', () => {
  test.each([
    ['73 letters', 'x'.repeat(73)],
    ['25 letters of 75 bytes', '€'.repeat(25)],
    ['the right one with a tail', PASSWORD.padEnd(80, '!')],
  ])('%s: 400', async (_, password) => {
    const refusal = { status: 400, body: { code: 'invalid_input', message: expect.stringContaining('72 bytes') } }
    expect(await login(password)).toMatchObject({ ...refusal, body: { ...refusal.body, field: 'password' } })
    const change = { currentPassword: PASSWORD, newPassword: password }
    expect(await world.slipway.api('POST', '/api/auth/password', change)).toMatchObject(refusal)
    expect(await verify(world.slipway.token)).toBe('welcome')
  })

  test('72 bytes are looked at, and are wrong; a new one of 7 letters is refused', async () => {
    expect((await login('x'.repeat(72))).status).toBe(401)
    const change = { currentPassword: PASSWORD, newPassword: 'x'.repeat(7) }
    expect((await world.slipway.api('POST', '/api/auth/password', change)).status).toBe(400)
  })
})

describe('39 bodies that are no request', () => {
  const good = '{"githubUrl":"acme/x","subdomain":"odd"'
  const deep = (levels: number) => `${good},"env":${'['.repeat(levels)}${']'.repeat(levels)}}`
  test.each<[string, string, string, number, string]>([
    ['plain text', 'text/plain', `${good}}`, 415, 'unsupported_media_type'],
    ['XML', 'application/xml', '<x/>', 415, 'unsupported_media_type'],
    ['a form', 'application/x-www-form-urlencoded', 'githubUrl=acme/x', 415, 'unsupported_media_type'],
    ['nonsense as a type', 'a;;;b', `${good}}`, 415, 'unsupported_media_type'],
    ['JSON of another kind', 'application/jsonx', `${good}}`, 415, 'unsupported_media_type'],
    ['3 MB', 'application/json', `${good},"x":"${'x'.repeat(3 * 1024 * 1024)}"}`, 413, 'payload_too_large'],
    ['33 levels', 'application/json', deep(33), 400, 'invalid_input'],
    ['100,000 levels', 'application/json', deep(100_000), 400, 'invalid_input'],
    ['a key twice', 'application/json', `${good},"subdomain":"other"}`, 400, 'invalid_input'],
    ['__proto__', 'application/json', `${good},"__proto__":{"branch":"x"}}`, 400, 'invalid_input'],
    ['__proto__, escaped', 'application/json', `${good},"\\u005f_proto__":{}}`, 400, 'invalid_input'],
    ['__proto__ below', 'application/json', `${good},"overrides":{"__proto__":{"port":1}}}`, 400, 'invalid_input'],
    ['constructor', 'application/json', `${good},"constructor":{"prototype":{}}}`, 400, 'invalid_input'],
    ['a setting that is none', 'application/json', `${good},"privileged":true}`, 400, 'invalid_input'],
    ['an array', 'application/json', '[]', 400, 'invalid_input'],
    ['null', 'application/json', 'null', 400, 'invalid_input'],
    ['a number', 'application/json', '7', 400, 'invalid_input'],
    ['nothing', 'application/json', '', 400, 'invalid_input'],
    ['half of it', 'application/json', good, 400, 'invalid_input'],
    ['two', 'application/json', `${good}}${good}}`, 400, 'invalid_input'],
    ['NaN', 'application/json', `${good},"overrides":{"port":NaN}}`, 400, 'invalid_input'],
    ['infinity', 'application/json', `${good},"overrides":{"cpus":1e999}}`, 400, 'invalid_input'],
    ['an object where a text belongs', 'application/json', '{"githubUrl":{"length":3}}', 400, 'invalid_input'],
  ])('%s', async (_, type, body, status, code) => {
    const before = await world.inventory()
    const answer = await world.slipway.api('POST', '/api/deployments', body, { 'content-type': type })
    expect(answer).toMatchObject({ status, body: { code, message: expect.stringMatching(/\S/) } })
    expect(await world.inventory()).toEqual(before)
    expect(await verify(world.slipway.token)).toBe('welcome')
  })
})

describe('no route without a session', () => {
  const PUBLIC = ['/health', '/api/slipway.schema.json', '/api/auth/login']
  let routes: { method: string; address: string; url: string }[]

  beforeAll(async () => {
    const { paths } = (await world.slipway.api('GET', '/api/openapi.json')).body
    routes = Object.entries(paths).flatMap(([address, methods]) =>
      Object.keys(methods as object).map((method) => ({
        method: method.toUpperCase(),
        address,
        url: address.replace(/\{(runId|release)\}/g, '1').replace(/\{\w+\}/g, NOBODY),
      })),
    )
  })
  /** Bodies that fit, so that it is the visitor or the id that is refused. */
  const BODIES: Record<string, object> = {
    'POST /api/deployments/{id}/rollback': { release: 1 },
    'POST /api/deployments/{id}/schedules': { name: 'x', cron: '@daily', command: 'true' },
    'POST /api/deployments/{id}/approve': { sha: 'a'.repeat(40) },
    'PUT /api/deployments/{id}/preview-env': { env: [] },
  }
  const bodyOf = ({ method, address }: { method: string; address: string }) =>
    BODIES[`${method} ${address}`] ?? (method === 'PATCH' ? { name: 'x' } : undefined)
  /** Whoever calls these shows who it is by a signature. */
  const isSigned = ({ address }: { address: string }) => address.startsWith('/api/webhooks/')

  test('every documented address but the public ones answers 401', async () => {
    expect(routes.length).toBeGreaterThan(25)
    const open = routes.filter((it) => !PUBLIC.includes(it.address) && !isSigned(it))
    for (const route of open) {
      const { status, body } = await bare(route.method, route.url, bodyOf(route))
      expect({ ...route, status, code: body.code }).toEqual({ ...route, status: 401, code: 'unauthenticated' })
    }
    expect((await bare('GET', '/health')).status).toBe(200)
  })

  describe('an API token', () => {
    /** The end of the token that asks. */
    const OWN_END = '/api/tokens/current'
    /** What decides who gets in, and who is told: whatever is added below these does, too. */
    const isOwners = ({ method, address }: { method: string; address: string }) =>
      (/^\/api\/(auth|sessions|tokens)\b/.test(address) &&
        !['/api/auth/login', '/api/auth/verify', OWN_END].includes(address)) ||
      (/^\/api\/(channels|backup-settings)\b/.test(address) && method !== 'GET')
    const asToken = async (scope: string) => {
      const { body } = await world.slipway.api('POST', '/api/tokens', { name: `${scope} everything`, scope })
      return { authorization: `Bearer ${body.secret}` }
    }

    test('that is read-only is refused wherever something changes, before anything is looked at', async () => {
      const headers = await asToken('read')
      const changing = routes.filter(
        (it) => it.method !== 'GET' && ![...PUBLIC, OWN_END].includes(it.address) && !isSigned(it),
      )
      expect(changing.length).toBeGreaterThan(15)
      const before = await world.inventory()
      const allowed = []
      for (const route of changing) {
        const { status, body } = await bare(route.method, route.url, bodyOf(route), headers)
        if (status !== 403 || body.code !== 'forbidden') allowed.push(route.address)
      }
      expect(allowed).toEqual([])
      expect(await world.inventory()).toEqual(before)
    })

    test('that may write is refused where it could make itself, or a session, permanent', async () => {
      const headers = await asToken('write')
      const owners = routes.filter(isOwners)
      expect(owners.length).toBeGreaterThanOrEqual(8)
      for (const route of owners) {
        const { status, body } = await bare(route.method, route.url, bodyOf(route), headers)
        expect({ ...route, status, code: body.code }).toEqual({ ...route, status: 403, code: 'forbidden' })
      }
    })
  })

  test('38 an id that is nobody’s is 404 wherever one is asked for', async () => {
    const withId = routes.filter((it) => it.address.includes('{id}') || it.address.includes('{deploymentId}'))
    expect(withId.length).toBeGreaterThan(12)
    for (const route of withId.filter((it) => !isSigned(it))) {
      const { status, body } = await world.slipway.api(route.method, route.url, bodyOf(route))
      expect({ ...route, status, code: body.code }).toEqual({ ...route, status: 404, code: 'not_found' })
    }
  })

  test('38 a WebSocket for an id that is nobody’s says so and is closed', async () => {
    const socket = await openSocket(`${world.slipway.url}/api/logs/${NOBODY}`, {
      authorization: `Bearer ${world.slipway.token}`,
    })
    expect(await socket.until(() => true)).toMatchObject({ type: 'error', code: 'not_found' })
    expect(await socket.closed).toBe(1000)
  })

  test.each([
    '//api/deployments',
    '/api//deployments',
    '/API/deployments',
    '/api/deployments/',
    '/api/deployments?x=/health',
    '/api/deployments;/health',
    '/health/../api/deployments',
    '/api/auth/login/../../deployments',
    '/health%2f..%2fapi%2fdeployments',
    '/%61pi/deployments',
    '/api/docs/../deployments',
    '/api/docs/..%2f..%2f..%2f..%2fetc%2fpasswd',
  ])('%s opens nothing', async (address) => {
    const { status, text } = await rawGet(world.slipway.url, address)
    expect([400, 401, 404]).toContain(status)
    expect(text).not.toContain('"deployments":')
  })
})

/** Sends the address as it is: fetch would tidy it up first. */
function rawGet(url: string, address: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: address, agent: false }, async (response) => {
      let text = ''
      for await (const part of response.setEncoding('utf8')) text += part
      resolve({ status: response.statusCode ?? 0, text })
    })
      .once('error', reject)
      .end()
  })
}
