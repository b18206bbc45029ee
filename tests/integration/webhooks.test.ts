import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listDeliveries } from '../../server/db/deliveries.ts'
import { findDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { saveApp } from '../../server/db/github-app.ts'
import { insertJob, listJobs } from '../../server/db/jobs.ts'
import { insertRelease, listReleases, updateRelease } from '../../server/db/releases.ts'
import { ensureWebhookSecret } from '../../server/deploy/webhook-secret.ts'
import { ensureAdmin } from '../../server/http/login.ts'
import { sign } from '../support/github-deliveries.ts'
import { type Inside, makeInside } from '../support/inside.ts'

const LIVE = '1'.repeat(40)
const [FIRST, SECOND] = ['a'.repeat(40), 'b'.repeat(40)]
let clock = 1_700_000_000
let inside: Inside
beforeAll(async () => {
  inside = await makeInside({ SLIPWAY_ADMIN_PASSWORD: 'correct horse battery' })
})
afterAll(() => inside.close())

const push = (more: Record<string, unknown> = {}) => ({
  ref: 'refs/heads/main',
  before: LIVE,
  after: FIRST,
  deleted: false,
  forced: false,
  commits: [{ added: [], removed: [], modified: ['server.js'] }],
  head_commit: { message: 'Say hello' },
  repository: { full_name: 'acme/app', default_branch: 'main', pushed_at: ++clock },
  sender: { login: 'ada' },
  ...more,
})

type Sent = { id?: string; event?: string; secret?: string; headers?: Record<string, string>; address?: string }

/** An app with a webhook, and what GitHub would send to it. */
async function makeHooked() {
  const deployment = await inside.live('https://github.com/acme/app', LIVE)
  const secret = await ensureWebhookSecret(inside.deps, deployment)
  const { id } = deployment

  async function send(payload: unknown, sent: Sent = {}) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const reply = await inside.app.inject({
      method: 'POST',
      url: sent.address ?? `/api/webhooks/github/${id}`,
      headers: {
        'content-type': 'application/json',
        'x-github-delivery': sent.id ?? randomUUID(),
        'x-github-event': sent.event ?? 'push',
        'x-hub-signature-256': sign(sent.secret ?? secret, body),
        ...sent.headers,
      },
      body,
    })
    return { status: reply.statusCode, body: reply.json() }
  }
  const releases = async () => (await listReleases(inside.deps.db, id)).length
  return { ...inside, id, secret, send, releases }
}

/** As if the queue had begun the newest deploy. */
async function begin({ deps }: Inside, id: string, sha?: string): Promise<void> {
  const [release] = await listReleases(deps.db, id)
  const commit = { message: '', author: '', at: new Date(0).toISOString() }
  if (release) await updateRelease(deps.db, release, { status: 'running', ...(sha && { commit: { sha, ...commit } }) })
  await deps.db.updateTable('jobs').set({ state: 'running' }).where('deployment_id', '=', id).execute()
}

describe('40 a webhook that is not to be believed', () => {
  test('wrong, short and missing signatures, and unknown deployments, are answered alike and change nothing', async () => {
    const { app, send, releases, secret } = await makeHooked()
    const right = sign(secret, JSON.stringify(push()))
    const refused = await Promise.all([
      send(push(), { secret: 'wrong' }),
      send(push(), { headers: { 'x-hub-signature-256': right.slice(0, -1) } }),
      send(push(), { headers: { 'x-hub-signature-256': '' } }),
      send(push(), { headers: { 'x-hub-signature-256': right.replace('sha256', 'sha1') } }),
      send(push(), { address: `/api/webhooks/github/${randomUUID()}` }),
      send(push(), { address: '/api/webhooks/github/..%2f..%2fdeployments' }),
      send(push(), { address: '/api/webhooks/github' }),
    ])
    for (const reply of refused) expect(reply).toEqual(refused[0])
    expect(refused[0]).toMatchObject({ status: 401, body: { code: 'signature_invalid' } })
    const bare = await app.inject({ method: 'POST', url: '/api/webhooks/github/x', body: '' })
    expect(bare.statusCode).toBe(401)
    expect(await releases()).toBe(1)
  })

  test('a delivery that comes again is ignored', async () => {
    const { send, releases } = await makeHooked()
    const [id, body] = [randomUUID(), push()]
    expect(await send(body, { id })).toMatchObject({ status: 202, body: { deployed: true } })
    expect(await send(body, { id })).toMatchObject({
      status: 202,
      body: { deployed: false, reason: expect.stringMatching(/taken already/) },
    })
    expect(await releases()).toBe(2)
  })

  test('so is its body under another id: GitHub does not sign that', async () => {
    const { send, releases } = await makeHooked()
    const body = push()
    expect(await send(body)).toMatchObject({ status: 202, body: { deployed: true } })
    expect(await send(body)).toMatchObject({
      status: 202,
      body: { deployed: false, reason: expect.stringMatching(/taken already/) },
    })
    expect(await releases()).toBe(2)
  })

  test('one that comes twice at once is taken once', async () => {
    const { send, releases } = await makeHooked()
    const [id, body] = [randomUUID(), push()]
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(body, { id })))
    expect(replies.filter((it) => it.body.deployed)).toHaveLength(1)
    expect(await releases()).toBe(2)
  })

  test('another repository with the right signature: 404', async () => {
    const { send, releases } = await makeHooked()
    for (const repository of [{ full_name: 'acme/other' }, { full_name: 'acme/app/x' }, {}, undefined, null]) {
      expect(await send({ ...push(), repository })).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    expect(await releases()).toBe(1)
  })

  test('a payload of 5 MB, another content type, no JSON, and one without a name are refused', async () => {
    const { send, releases } = await makeHooked()
    const huge = await send({ ...push(), filler: 'x'.repeat(5 * 1024 * 1024) })
    expect(huge).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await send('payload=%7B%7D', { headers: form })).toMatchObject({ status: 415 })
    expect(await send('{"ref":')).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
    expect(await send(push(), { headers: { 'x-github-delivery': '' } })).toMatchObject({ status: 400 })
    expect(await send(push({ after: '$(id)' }))).toMatchObject({ status: 400 })
    expect(await releases()).toBe(1)
  })

  test('a branch named $(id) is none, even if the app follows the default one', async () => {
    const { send, releases } = await makeHooked()
    const repository = { full_name: 'acme/app', default_branch: '$(id)' }
    const reply = await send(push({ ref: 'refs/heads/$(id)', repository }))
    expect(reply).toMatchObject({
      status: 202,
      body: { deployed: false, reason: expect.stringMatching(/no branch that can be deployed/) },
    })
    expect(await releases()).toBe(1)
  })

  test('after many wrong signatures their address reads so; a right one is still taken', async () => {
    const { send } = await makeHooked()
    const statuses: number[] = []
    const headers = { 'x-forwarded-for': '192.0.2.7' }
    for (let attempt = 0; attempt < 32; attempt++) {
      statuses.push((await send(push(), { secret: 'wrong', headers })).status)
    }
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(401))
    expect(statuses.slice(30)).toEqual([429, 429])
    expect((await send(push(), { headers })).status).toBe(202)
  })
})

describe('what a push does', () => {
  test('it deploys, and says so in the release and in the list of deliveries', async () => {
    const { deps, app, id, send } = await makeHooked()
    expect(await send(push())).toEqual({ status: 202, body: { deployed: true, reason: 'A deploy was asked for.' } })
    const [newest] = await listReleases(deps.db, id)
    expect(newest).toMatchObject({ number: 2, cause: { kind: 'push', by: 'ada', sha: FIRST } })
    expect((await findDeployment(deps.db, id))?.webhook).toMatchObject({ state: 'active', heardAt: expect.any(String) })

    await send(push({ ref: 'refs/heads/dev' }))
    await ensureAdmin(deps)
    const login = { username: 'admin', password: 'correct horse battery' }
    const { token } = (await app.inject({ method: 'POST', url: '/api/auth/login', body: login })).json()
    const headers = { authorization: `Bearer ${token}` }
    const list = async () => (await app.inject({ url: `/api/deployments/${id}/deliveries`, headers })).json()
    expect((await list()).deliveries).toMatchObject([
      { event: 'push', ref: 'refs/heads/dev', deployed: false, reason: 'The app follows the branch main.' },
      { event: 'push', ref: 'refs/heads/main', sha: FIRST, deployed: true },
    ])
    expect((await list()).isPolled).toBe(true)
    await updateDeployment(deps.db, id, { stopped: true })
    expect((await list()).isPolled).toBe(false)
  })

  test('a ping says that GitHub reaches us, and deploys nothing', async () => {
    const { deps, id, send, releases } = await makeHooked()
    await updateDeployment(deps.db, id, { webhook: { state: 'created' } })
    const { status } = await send({ repository: { full_name: 'Acme/App' } }, { event: 'ping' })
    expect(status).toBe(202)
    expect((await findDeployment(deps.db, id))?.webhook?.state).toBe('active')
    expect(await releases()).toBe(1)
  })

  test('what is live or on its way is not deployed again; what waits takes more along', async () => {
    const hooked = await makeHooked()
    const { deps, id, send, releases } = hooked
    expect((await send(push({ after: LIVE }))).body.reason).toMatch(/live already/)
    await send(push())
    expect((await send(push({ after: SECOND }))).body).toMatchObject({
      deployed: true,
      reason: expect.stringMatching(/waits its turn/),
    })
    expect(await releases()).toBe(2)
    expect((await listReleases(deps.db, id))[0]?.cause.sha).toBe(SECOND)

    await begin(hooked, id, SECOND)
    expect((await send(push({ after: SECOND }))).body.reason).toMatch(/on its way/)
    expect((await send(push({ after: FIRST }))).body.deployed).toBe(true)
    const waiting = (await listJobs(deps.db, { deploymentId: id, state: 'queued' }))[0]
    expect(Date.parse(waiting?.runAfter ?? '')).toBeGreaterThan(Date.now())
    expect(await releases()).toBe(3)
  })

  test('fifty at once ask for one deploy beside the one that runs, and it waits for the last of them', async () => {
    const hooked = await makeHooked()
    const { deps, id, send, releases } = hooked
    await send(push())
    await begin(hooked, id)
    const shas = Array.from({ length: 50 }, (_, index) => String(index).padStart(40, 'c'))
    await Promise.all(shas.map((after) => send(push({ after }))))
    expect(await releases()).toBe(3)
    const [job, ...more] = await listJobs(deps.db, { deploymentId: id, state: 'queued' })
    expect(more).toEqual([])
    expect(Date.parse(job?.runAfter ?? '') - Date.now()).toBeGreaterThan(2000)
  })

  test('a push takes the place of a rollback that waits', async () => {
    const { deps, id, send } = await makeHooked()
    const deployment = await findDeployment(deps.db, id)
    const [first] = await listReleases(deps.db, id)
    if (!deployment || !first) throw new Error('there is no app')
    const rollback = await insertRelease(deps.db, deployment, { imageFrom: first })
    await insertJob(deps.db, id, 'deploy', rollback.number)
    await send(push())
    const jobs = await listJobs(deps.db, { deploymentId: id })
    expect(jobs.map((it) => it.release)).toEqual([3])
  })

  test('a delivery that is older than one of the same branch changes nothing; one of another branch is not older', async () => {
    const { send, releases } = await makeHooked()
    const [older, newer] = [push(), push({ after: SECOND })]
    await send(push({ ref: 'refs/heads/dev' }))
    await send(newer)
    expect((await send(older)).body).toMatchObject({
      deployed: false,
      reason: expect.stringMatching(/newer push was heard of/),
    })
    expect(await releases()).toBe(2)
  })

  test('an app that is being deleted is left alone', async () => {
    const { deps, id, send } = await makeHooked()
    await updateDeployment(deps.db, id, { status: 'deleting' })
    expect((await send(push())).body).toMatchObject({ deployed: false, reason: expect.stringMatching(/being deleted/) })
  })
})

test('the webhook of the GitHub App speaks for every app of the repository', async () => {
  const { deps, send, live } = await makeHooked()
  const [first, second, other] = await Promise.all(
    ['shared', 'Shared', 'other'].map((name) => live(`https://github.com/acme/${name}`, LIVE)),
  )
  const repository = { full_name: 'acme/shared', default_branch: 'main' }
  const webhookSecret = 'the secret of the App'
  await saveApp(deps, { webhookSecret } as never)
  const sent = { address: '/api/webhooks/github', secret: webhookSecret }
  expect(await send(push({ repository }), sent)).toMatchObject({ status: 202, body: { deployed: true } })
  const counts = await Promise.all(
    [first, second, other].map(async (it) => (await listReleases(deps.db, it?.id ?? '')).length),
  )
  expect(counts).toEqual([2, 2, 1])

  // What goes wrong for one app is nothing to the others.
  const id = randomUUID()
  await sql`create trigger fails before insert on deliveries when new.deployment_id = ${sql.lit(first?.id)}
    begin select raise(abort, 'it cannot be written'); end`.execute(deps.db)
  expect(await send(push({ repository, after: SECOND }), { ...sent, id })).toMatchObject({ status: 500 })
  await sql`drop trigger fails`.execute(deps.db)
  const heard = async (of = '') => (await listDeliveries(deps.db, of, 10)).some((it) => it.id === id)
  expect([await heard(first?.id), await heard(second?.id)]).toEqual([false, true])

  const elsewhere = await send({ ...push(), repository: { full_name: 'acme/unknown' } }, sent)
  expect(elsewhere).toMatchObject({
    status: 202,
    body: { deployed: false, reason: expect.stringMatching(/No app here/) },
  })
})
