import path from 'node:path'
import Sqlite from 'sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSocket, upgradeStatus } from '../support/live-socket.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

const PASSWORD = 'correct horse battery'
const NOBODY = '00000000-0000-4000-8000-000000000000'

let slipway: Slipway
beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off', SLIPWAY_LOG_LEVEL: 'trace' })
  await slipway.start()
})
afterAll(() => slipway.destroy())

const as = (secret: string) => ({ authorization: `Bearer ${secret}` })
const make = (input: object) => slipway.api('POST', '/api/tokens', input)
const list = async (): Promise<any[]> => (await slipway.api('GET', '/api/tokens')).body.tokens
const verify = (secret: string) => slipway.api('GET', '/api/auth/verify', undefined, as(secret))
const audit = async () => (await slipway.api('GET', '/api/audit?limit=100')).body.entries as any[]

let names = 0
/** A token that works; answers its id and secret. */
async function token(scope: 'read' | 'write', more: object = {}): Promise<{ id: string; secret: string }> {
  names += 1
  const { status, body } = await make({ name: `token ${names}`, scope, ...more })
  expect(status).toBe(201)
  return { id: body.token.id, secret: body.secret }
}

function inDatabase<T>(work: (db: Sqlite.Database) => T): T {
  const db = new Sqlite(path.join(slipway.dataDir, 'slipway.db'))
  try {
    return work(db)
  } finally {
    db.close()
  }
}
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

describe('making one', () => {
  test('answers the secret this once; the database and the list have none of it', async () => {
    const { status, body } = await make({ name: 'CI of the shop', scope: 'write', expiresInDays: 30 })
    expect(status).toBe(201)
    expect(body).toEqual({
      token: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'CI of the shop',
        scope: 'write',
        prefix: body.secret.slice(0, 14),
        createdAt: expect.any(String),
        expiresAt: expect.any(String),
        lastUsedAt: null,
      },
      secret: expect.stringMatching(/^slipway_[\w-]{43}$/),
    })
    expect((Date.parse(body.token.expiresAt) - Date.now()) / 86_400_000).toBeCloseTo(30, 2)
    expect(await list()).toEqual([body.token])
    const rows = inDatabase((db) => JSON.stringify(db.prepare('select * from api_tokens').all()))
    expect(rows).not.toContain(body.secret.slice(14))
    expect(rows).toMatch(/"hash":"[0-9a-f]{64}"/)
    expect((await audit())[0]).toMatchObject({
      action: 'token.created',
      target: body.token.id,
      detail: { name: 'CI of the shop', scope: 'write' },
    })
  })

  test('a name is taken once', async () => {
    expect((await make({ name: 'twice', scope: 'read' })).status).toBe(201)
    const both = await Promise.all([
      make({ name: 'twice', scope: 'write' }),
      make({ name: 'at once', scope: 'read' }),
      make({ name: 'at once', scope: 'read' }),
    ])
    expect(both.map((it) => it.status).sort()).toEqual([201, 409, 409])
    expect(both[0]).toMatchObject({ status: 409, body: { code: 'name_in_use', field: 'name' } })
  })

  test.each<[string, object, string]>([
    ['no name', { scope: 'read' }, 'name'],
    ['an empty name', { name: '', scope: 'read' }, 'name'],
    ['a long name', { name: 'x'.repeat(61), scope: 'read' }, 'name'],
    ['a name with a line end', { name: 'a\nb', scope: 'read' }, 'name'],
    ['a name with HTML', { name: '<b>', scope: 'read' }, 'name'],
    ['a name that ends in a space', { name: 'a ', scope: 'read' }, 'name'],
    ['another scope', { name: 'a', scope: 'admin' }, 'scope'],
    ['no scope', { name: 'a' }, 'scope'],
    ['no day', { name: 'a', scope: 'read', expiresInDays: 0 }, 'expiresInDays'],
    ['too many days', { name: 'a', scope: 'read', expiresInDays: 3651 }, 'expiresInDays'],
    ['half a day', { name: 'a', scope: 'read', expiresInDays: 0.5 }, 'expiresInDays'],
    ['a setting that is none', { name: 'a', scope: 'read', secret: 'slipway_mine' }, 'secret'],
  ])('%s: 400', async (_, input, field) => {
    const reply = await make(input)
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_input', field } })
    expect(reply.body.message, 'in words').not.toMatch(/pattern|\^/)
  })

  test('the hundred and first is refused', async () => {
    inDatabase((db) => {
      const { id } = db.prepare('select id from users').get() as { id: string }
      const insert = db.prepare(`insert into api_tokens values (?, ?, ?, 'read', ?, '', ?, null, null)`)
      for (let at = 0; at < 100; at++) insert.run(`many-${at}`, id, `many ${at}`, `many-${at}`, ago(at))
    })
    expect(await make({ name: 'one more', scope: 'read' })).toMatchObject({
      status: 409,
      body: { code: 'not_possible_now' },
    })
    inDatabase((db) => db.exec(`delete from api_tokens where id like 'many-%'`))
  })
})

describe('using one', () => {
  test('verify says whose it is, what it may do and when it ends', async () => {
    const [reader, writer] = [await token('read'), await token('write', { expiresInDays: 1 })]
    const user = { id: expect.any(String), username: 'admin' }
    expect(await verify(reader.secret)).toMatchObject({ status: 200, body: { user, scope: 'read', expiresAt: null } })
    expect((await verify(writer.secret)).body).toEqual({ user, scope: 'write', expiresAt: expect.any(String) })
    expect((await slipway.api('GET', '/api/auth/verify')).body).toMatchObject({ user, scope: 'write' })
  })

  test('its last use is noted, once a minute', async () => {
    const { id, secret } = await token('read')
    const lastUse = async () => (await list()).find((it) => it.id === id).lastUsedAt
    expect(await lastUse()).toBeNull()
    await verify(secret)
    expect(Date.now() - Date.parse(await lastUse())).toBeLessThan(5000)
    for (const [seconds, isKept] of [
      [50, true],
      [70, false],
    ] as const) {
      const before = ago(seconds)
      inDatabase((db) => db.prepare('update api_tokens set last_used_at = ? where id = ?').run(before, id))
      await verify(secret)
      expect((await lastUse()) === before).toBe(isKept)
    }
  })

  test('what is no token of ours is 401, and a token in the cookie is none', async () => {
    const { secret } = await token('write')
    for (const wrong of [
      'slipway_',
      `slipway_${'a'.repeat(43)}`,
      `${secret}x`,
      secret.slice(0, -1),
      secret.toUpperCase(),
      secret.replace('slipway_', ''),
      secret.slice(0, 14),
      `slipway_${"' or 1=1 --".replaceAll(' ', '')}`,
      `slipway_${'a'.repeat(9000)}`,
    ])
      expect(await verify(wrong)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    const cookie = { authorization: '', cookie: `__Host-slipway=${secret}` }
    expect((await slipway.api('GET', '/api/auth/verify', undefined, cookie)).status).toBe(401)
    expect((await verify(secret)).status).toBe(200)
  })

  test('the hash that is stored opens nothing', async () => {
    const { id } = await token('write')
    const { hash } = inDatabase((db) => db.prepare('select hash from api_tokens where id = ?').get(id)) as {
      hash: string
    }
    for (const wrong of [hash, `slipway_${hash}`]) expect((await verify(wrong)).status).toBe(401)
  })

  test('with a foreign Origin it is refused, and its WebSocket as well; without one it is not', async () => {
    const { secret } = await token('write')
    const evil = { ...as(secret), origin: 'http://evil.example' }
    expect((await slipway.api('POST', '/api/doctor/repair', {}, evil)).body.code).toBe('forbidden_origin')
    expect(await upgradeStatus(`${slipway.url}/api/events`, evil)).toBe(403)
    expect(await upgradeStatus(`${slipway.url}/api/events`, as(secret))).toBe(101)
  })
})

describe('what it may do', () => {
  test('a read-only one looks and listens; a change is refused with a reason, and so is a look into repositories', async () => {
    const { secret } = await token('read')
    expect((await slipway.api('GET', '/api/deployments', undefined, as(secret))).status).toBe(200)
    const head = await fetch(`${slipway.url}/api/deployments`, { method: 'HEAD', headers: as(secret) })
    expect(head.status).toBe(200)
    expect(await upgradeStatus(`${slipway.url}/api/events`, as(secret))).toBe(101)
    for (const address of ['/api/plan', '/api/repository'])
      expect((await slipway.api('POST', address, { githubUrl: 'acme/x' }, as(secret))).body.code).toBe('forbidden')
    const refused = await slipway.api('POST', '/api/deployments', { githubUrl: 'acme/x' }, as(secret))
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'forbidden', message: expect.stringMatching(/read-only/) },
    })
  })

  test('none manages sessions, tokens or the password, so that a stolen one cannot stay', async () => {
    const { id, secret } = await token('write')
    const asked: [string, string, object?][] = [
      ['GET', '/api/sessions'],
      ['DELETE', '/api/sessions'],
      ['DELETE', `/api/sessions/${NOBODY}`],
      ['GET', '/api/tokens'],
      ['POST', '/api/tokens', { name: 'more', scope: 'write' }],
      ['DELETE', `/api/tokens/${id}`],
      ['POST', '/api/auth/password', { currentPassword: PASSWORD, newPassword: 'taken over now' }],
      ['POST', '/api/auth/logout'],
    ]
    for (const [method, address, body] of asked) {
      const answer = await slipway.api(method, address, body, as(secret))
      expect({ method, address, status: answer.status, code: answer.body.code }).toEqual({
        method,
        address,
        status: 403,
        code: 'forbidden',
      })
    }
    expect((await verify(secret)).status).toBe(200)
    expect((await slipway.api('POST', '/api/doctor/repair', { ids: [] }, as(secret))).status).toBe(200)
  })
})

describe('the end of one', () => {
  const follow = (secret: string) => openSocket(`${slipway.url}/api/events`, as(secret))

  test('deleted, it is 401 at once, its WebSocket is closed, and other tokens go on', async () => {
    const [gone, other] = [await token('read'), await token('read')]
    const [socket, bystander] = await Promise.all([follow(gone.secret), follow(other.secret)])
    await socket.until((message) => message.type === 'hello')
    expect((await slipway.api('DELETE', `/api/tokens/${gone.id}`)).status).toBe(204)
    expect((await verify(gone.secret)).status).toBe(401)
    expect(await socket.closed).toBe(4401)
    expect((await verify(other.secret)).status).toBe(200)
    expect((await list()).map((it) => it.id)).not.toContain(gone.id)
    expect((await audit())[0]).toMatchObject({ action: 'token.deleted', target: gone.id })
    expect(await slipway.api('DELETE', `/api/tokens/${gone.id}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
    bystander.close()
  })

  test('it can end itself, also a read-only one, and nothing else; a session is refused there', async () => {
    const [gone, other] = [await token('read'), await token('write')]
    const socket = await follow(gone.secret)
    const end = (secret: string) => slipway.api('DELETE', '/api/tokens/current', undefined, as(secret))
    expect((await end(gone.secret)).status).toBe(204)
    expect((await verify(gone.secret)).status).toBe(401)
    expect(await socket.closed).toBe(4401)
    expect((await audit())[0]).toMatchObject({ action: 'token.deleted', target: gone.id })
    expect((await end(gone.secret)).status).toBe(401)
    expect((await verify(other.secret)).status).toBe(200)
    expect(await slipway.api('DELETE', '/api/tokens/current')).toMatchObject({
      status: 403,
      body: { code: 'forbidden', message: expect.stringMatching(/logout/) },
    })
  })

  test('expired, it is 401, and still in the list', async () => {
    const { id, secret } = await token('write', { expiresInDays: 1 })
    inDatabase((db) => db.prepare('update api_tokens set expires_at = ? where id = ?').run(ago(1), id))
    expect((await verify(secret)).status).toBe(401)
    expect((await list()).map((it) => it.id)).toContain(id)
  })

  test('another user’s is not seen, and not deleted', async () => {
    inDatabase((db) => {
      db.exec(`insert into users values ('u2', 'ada', '', '', '')`)
      db.exec(`insert into api_tokens values ('t2', 'u2', 'hers', 'read', 'h2', '', '', null, null)`)
    })
    expect((await list()).map((it) => it.id)).not.toContain('t2')
    for (const id of ['t2', NOBODY]) expect((await slipway.api('DELETE', `/api/tokens/${id}`)).status).toBe(404)
    expect(inDatabase((db) => db.prepare(`select count(*) as n from api_tokens where id = 't2'`).get())).toEqual({
      n: 1,
    })
  })

  test('neither a logout nor a change of the password is one', async () => {
    const { secret } = await token('read')
    const socket = await follow(secret)
    const change = { currentPassword: PASSWORD, newPassword: PASSWORD }
    expect((await slipway.api('POST', '/api/auth/password', change)).status).toBe(204)
    expect((await verify(secret)).status).toBe(200)
    socket.close()
    expect(await socket.closed).not.toBe(4401)
    const login = { username: 'admin', password: PASSWORD }
    slipway.token = (await slipway.api('POST', '/api/auth/login', login, { authorization: '' })).body.token
    expect((await verify(secret)).status).toBe(200)
  })
})

test('no secret is in a log, a reply or the audit log', async () => {
  const { secret } = await token('read')
  const replies = []
  for (const [method, address, body] of [
    ['GET', '/api/auth/verify'],
    ['GET', '/api/nothing'],
    ['POST', '/api/deployments', { githubUrl: secret }],
    ['POST', '/api/plan', { githubUrl: 'acme/x', nonsense: true }],
    ['GET', '/api/deployments/x'],
  ] as [string, string, object?][])
    replies.push((await slipway.api(method, address, body, as(secret))).body)
  replies.push(await list(), await audit())
  expect(JSON.stringify(replies)).not.toContain(secret)
  expect(slipway.output()).not.toContain(secret)
  expect(slipway.output()).not.toMatch(/slipway_[\w-]{20}/)
})
