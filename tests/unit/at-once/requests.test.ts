import { afterEach, beforeEach, expect, test } from 'vitest'
import { updateDeployment } from '../../../server/db/deployments.ts'
import { deleteSession, findLiveSession } from '../../../server/db/sessions.ts'
import { findUserByName, setPasswordHash } from '../../../server/db/users.ts'
import { sealEnv } from '../../../server/deploy/context.ts'
import { ensureAdmin } from '../../../server/http/login.ts'
import { identifyBySession, openSession } from '../../../server/http/sessions.ts'
import { type Inside, makeInside } from '../../support/inside.ts'

/** Requests that come at once take turns at the database, query by query. */
let inside: Inside
let session = ''
let id = ''

beforeEach(async () => {
  inside = await makeInside({ SLIPWAY_ADMIN_PASSWORD: 'correct horse battery' })
  await ensureAdmin(inside.deps)
  const payload = { username: 'admin', password: 'correct horse battery' }
  session = (await inside.app.inject({ method: 'POST', url: '/api/auth/login', payload })).json().token
  id = (await inside.live('https://github.com/acme/app', 'a'.repeat(40))).id
  await updateDeployment(inside.deps.db, id, { env: sealEnv(inside.deps, id, []) })
})
afterEach(() => inside.close())

async function api(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  const headers = { authorization: `Bearer ${session}` }
  const reply = await inside.app.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: reply.statusCode, body: reply.json() }
}

test('of changes at once to what a push does none is lost', async () => {
  const url = `/api/deployments/${id}`
  const wishes = [{ autoDeploy: false }, { keepReleases: 7 }, { previews: { isEnabled: false, most: 9 } }]
  for (const { status } of await Promise.all(wishes.map((delivery) => api('PATCH', url, { delivery }))))
    expect(status).toBe(202)
  const { delivery } = await inside.show(id)
  expect(delivery).toMatchObject({ autoDeploy: false, keepReleases: 7, previews: { most: 9 } })
})

test('of changes at once to a scheduled job none is lost', async () => {
  const at = `/api/deployments/${id}/schedules`
  const { schedule } = (await api('POST', at, { name: 'night', cron: '0 3 * * *', command: 'true' })).body
  const url = `${at}/${schedule.id}`
  await Promise.all(
    [{ isEnabled: false }, { timeoutSeconds: 60 }, { command: 'false' }].map((wish) => api('PATCH', url, wish)),
  )
  const { schedules } = (await api('GET', at)).body
  expect(schedules).toMatchObject([{ isEnabled: false, timeoutSeconds: 60, command: 'false' }])
})

test('a session does not begin by a password that was changed since it was proved', async () => {
  const { db } = inside.deps
  const proved = await findUserByName(db, 'admin')
  if (!proved) throw new Error('there is no admin')
  await setPasswordHash(db, proved.id, 'another')
  const request = { ip: '127.0.0.1', headers: {} } as Parameters<typeof openSession>[1]
  await expect(openSession(inside.deps, request, proved)).rejects.toMatchObject({ code: 'invalid_credentials' })
})

test('a session that ends while a request shows it lets nobody in', async () => {
  const { db } = inside.deps
  const { id: sid, user_id: userId } = await db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow()
  await db
    .updateTable('sessions')
    .set({ last_seen_at: new Date(0).toISOString() })
    .execute()
  const [visitor] = await Promise.all([identifyBySession(inside.deps, session), deleteSession(db, userId, sid)])
  expect(await findLiveSession(db, sid)).toBeUndefined()
  expect(visitor).toBeUndefined()
})
