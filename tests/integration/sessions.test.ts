import path from 'node:path'
import Sqlite from 'sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSocket } from '../support/live-socket.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

const PASSWORD = 'correct horse battery'
const NOBODY = '00000000-0000-4000-8000-000000000000'

let slipway: Slipway
beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
})
afterAll(() => slipway.destroy())

const as = (token: string) => ({ authorization: `Bearer ${token}` })
const login = async (userAgent = 'a browser', password = PASSWORD, address = '192.0.2.1'): Promise<string> => {
  const headers = { authorization: '', 'user-agent': userAgent, 'x-forwarded-for': address }
  return (await slipway.api('POST', '/api/auth/login', { username: 'admin', password }, headers)).body.token
}
const list = async (token = slipway.token): Promise<any[]> =>
  (await slipway.api('GET', '/api/sessions', undefined, as(token))).body.sessions
const works = async (token: string) =>
  (await slipway.api('GET', '/api/auth/verify', undefined, as(token))).status === 200
const audit = async () => (await slipway.api('GET', '/api/audit?limit=50')).body.entries as any[]
const follow = (token: string) => openSocket(`${slipway.url}/api/events`, as(token))

/** Changes a row behind the server's back, as time would. */
function backdate(sql: string, ...values: unknown[]) {
  const db = new Sqlite(path.join(slipway.dataDir, 'slipway.db'))
  db.prepare(sql).run(...values)
  db.close()
}
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

describe('the list', () => {
  test('has every session with its address and program, and says which is one’s own', async () => {
    const other = await login('Firefox on a laptop')
    const sessions = await list()
    expect(sessions).toHaveLength(2)
    expect(sessions.filter((it) => it.isCurrent)).toHaveLength(1)
    expect((await list(other)).find((it) => it.isCurrent)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      lastSeenAt: expect.any(String),
      address: '192.0.2.1',
      userAgent: 'Firefox on a laptop',
      isCurrent: true,
    })
    const text = JSON.stringify(sessions)
    for (const token of [other, slipway.token]) expect(text).not.toContain(token)
  })

  test('begins with the newest activity, which is noted once a minute', async () => {
    const [mine, other] = [(await list()).find((it) => it.isCurrent).id, await login('quiet one')]
    const quiet = (await list(other)).find((it) => it.isCurrent).id
    backdate('update sessions set last_seen_at = ?', ago(3600))
    backdate('update sessions set last_seen_at = ? where id = ?', ago(120), quiet)
    const sessions = await list()
    expect(sessions.map((it) => it.id).slice(0, 2)).toEqual([mine, quiet])
    expect(Date.now() - Date.parse(sessions[0].lastSeenAt)).toBeLessThan(5000)

    const noted = ago(50)
    backdate('update sessions set last_seen_at = ? where id = ?', noted, mine)
    expect((await list()).find((it) => it.id === mine).lastSeenAt).toBe(noted)
  })

  test('does not have those that have expired', async () => {
    const token = await login()
    const { id } = (await list(token)).find((it) => it.isCurrent)
    backdate('update sessions set expires_at = ? where id = ?', ago(1), id)
    expect(await works(token)).toBe(false)
    expect((await list()).map((it) => it.id)).not.toContain(id)
  })

  test('is answered all the same where the time cannot be noted, as on a full disk', async () => {
    const { id } = (await list()).find((it) => it.isCurrent)
    backdate('update sessions set last_seen_at = ? where id = ?', ago(300), id)
    const db = new Sqlite(path.join(slipway.dataDir, 'slipway.db'))
    db.exec(`create trigger full before update on sessions begin select raise(fail, 'disk is full'); end`)
    try {
      expect((await list()).find((it) => it.isCurrent)).toMatchObject({ id })
      expect(slipway.output()).toContain('could not be noted')
    } finally {
      db.exec('drop trigger full')
      db.close()
    }
  })
})

describe('ending', () => {
  test('one: its token is worth nothing and its WebSocket is closed at once, others go on', async () => {
    const [token, other] = [await login(), await login()]
    const [socket, bystander] = await Promise.all([follow(token), follow(other)])
    const { id } = (await list(token)).find((it) => it.isCurrent)
    const { status, headers } = await slipway.api('DELETE', `/api/sessions/${id}`)
    expect(status).toBe(204)
    expect(headers.getSetCookie()).toEqual([])
    expect(await socket.closed).toBe(4401)
    expect(await works(token)).toBe(false)
    expect(await works(other)).toBe(true)
    expect((await audit())[0]).toMatchObject({ actor: 'admin', action: 'session.ended', target: id })
    expect((await slipway.api('DELETE', `/api/sessions/${id}`)).status).toBe(404)
    bystander.close()
  })

  test('one’s own: the cookie goes as well', async () => {
    const token = await login()
    const { id } = (await list(token)).find((it) => it.isCurrent)
    const { status, headers } = await slipway.api('DELETE', `/api/sessions/${id}`, undefined, as(token))
    expect(status).toBe(204)
    expect(headers.get('set-cookie')).toMatch(/__Host-slipway=;.*(Max-Age=0|1970)/)
    expect(await works(token)).toBe(false)
  })

  test('one that is nobody’s, or another user’s: 404, and it goes on', async () => {
    backdate(`insert into users values ('u2', 'ada', '', '', '')`)
    backdate(
      `insert into sessions (id, user_id, created_at, expires_at, address, user_agent, last_seen_at)
       values ('s2', 'u2', ?, ?, '', '', ?)`,
      ago(60),
      ago(-3600),
      ago(60),
    )
    for (const id of [NOBODY, 's2', "' or 1=1 --"]) {
      const { status, body } = await slipway.api('DELETE', `/api/sessions/${encodeURIComponent(id)}`)
      expect({ id, status, code: body.code }).toEqual({ id, status: 404, code: 'not_found' })
    }
    expect((await list()).map((it) => it.id)).not.toContain('s2')
    const db = new Sqlite(path.join(slipway.dataDir, 'slipway.db'), { readonly: true })
    expect(db.prepare(`select count(*) as n from sessions where id = 's2'`).get()).toEqual({ n: 1 })
    db.close()
  })

  test('all others: one’s own goes on', async () => {
    const tokens = [await login(), await login()]
    const sockets = await Promise.all(tokens.map(follow))
    const own = await follow(slipway.token)
    const { status, headers } = await slipway.api('DELETE', '/api/sessions?others=true')
    expect(status).toBe(204)
    expect(headers.getSetCookie()).toEqual([])
    for (const socket of sockets) expect(await socket.closed).toBe(4401)
    expect(await list()).toEqual([expect.objectContaining({ isCurrent: true })])
    expect((await audit())[0]).toMatchObject({ action: 'sessions.ended', detail: { others: true } })
    own.close()
  })

  test('all: nobody is logged in any more; a question that is misspelt ends nothing', async () => {
    expect((await slipway.api('DELETE', '/api/sessions?other=true')).status).toBe(400)
    expect((await slipway.api('DELETE', '/api/sessions?others=perhaps')).status).toBe(400)
    const tokens = [slipway.token, await login()]
    const sockets = await Promise.all(tokens.map(follow))
    const { status, headers } = await slipway.api('DELETE', '/api/sessions')
    expect(status).toBe(204)
    expect(headers.get('set-cookie')).toMatch(/__Host-slipway=;/)
    for (const socket of sockets) expect(await socket.closed).toBe(4401)
    for (const token of tokens) expect(await works(token)).toBe(false)
    slipway.token = await login()
  })
})

describe('a change of the password', () => {
  const change = (currentPassword: string, newPassword: string, address: string, token = slipway.token) =>
    slipway.api(
      'POST',
      '/api/auth/password',
      { currentPassword, newPassword },
      { ...as(token), 'x-forwarded-for': address },
    )

  test('that fails is in the audit log, and after ten the address is refused, the right one too', async () => {
    const here = '198.51.100.7'
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, at) => change(`wrong ${at}`, 'new and long', here)),
    )
    const count = (status: number) => answers.filter((it) => it.status === status).length
    expect({ tried: count(401), refused: count(429) }).toEqual({ tried: 10, refused: 4 })
    expect(await change(PASSWORD, 'new and long', here)).toMatchObject({
      status: 429,
      body: { code: 'too_many_attempts' },
    })
    expect((await audit()).filter((it) => it.action === 'password.failed')).toHaveLength(10)
    expect(JSON.stringify(await audit())).not.toContain('wrong 1')
    expect(await works(slipway.token)).toBe(true)
  })

  test('does not take the right password with a tail that bcrypt would not look at', async () => {
    const long = 'x'.repeat(72)
    expect((await change(PASSWORD, long, '198.51.100.8')).status).toBe(204)
    slipway.token = await login('a browser', long)
    expect(await change(`${long}tail`, PASSWORD, '198.51.100.8')).toMatchObject({
      status: 400,
      body: { code: 'invalid_input', field: 'currentPassword' },
    })
    expect((await change(long, PASSWORD, '198.51.100.8')).status).toBe(204)
    slipway.token = await login()
  })

  test('is not hindered by strangers who fail to log in, until nobody can', async () => {
    await Promise.all(Array.from({ length: 31 }, (_, at) => login('stranger', 'a guess', `203.0.113.${at}`)))
    expect(await login()).toBeUndefined()
    expect((await change(PASSWORD, PASSWORD, '198.51.100.9')).status).toBe(204)
  })
})
