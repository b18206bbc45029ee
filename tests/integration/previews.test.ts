import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Repository } from '../support/git-server.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { happen as tellOf } from '../support/github-pulls.ts'
import { createKilling, KILLABLE } from '../support/killing.ts'
import { dockerfile, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let github: GithubStandIn
let repository: Repository
let name: string
let app: any
let killing: ReturnType<typeof createKilling>

/** Says what it is and what it knows, and leaves a note in its volume. */
const server = (text: string) => `const { appendFileSync, readFileSync } = require('node:fs')
appendFileSync('/data/note', ${JSON.stringify(`${text};`)})
require('node:http')
  .createServer(({ url }, response) =>
    response.end(url === '/' ? ${JSON.stringify(text)} : JSON.stringify({ env: process.env, note: readFileSync('/data/note', 'utf8') })))
  .listen(8000)
process.on('SIGTERM', () => process.exit())
`
/** Its arguments stand in the image’s history, where anybody may read them. */
const withArguments = dockerfile.replace(
  'COPY',
  'ARG PLAIN_ARG=none\nARG KEY_ARG=none\nRUN echo "$PLAIN_ARG $KEY_ARG" > args\nCOPY',
)
const SECRET = 'hunter2-hunter2'

beforeAll(async () => {
  github = await startGithub()
  world = await createWorld({
    nodeArgs: KILLABLE,
    env: {
      SLIPWAY_GITHUB_API_URL: github.apiUrl,
      SLIPWAY_GITHUB_TOKEN: github.token,
      SLIPWAY_RECONCILE_SECONDS: '1',
      SLIPWAY_DRAIN_SECONDS: '1',
    },
  })
  killing = createKilling(world)
  repository = await makeApp(world, server('main'), { Dockerfile: withArguments })
  name = new URL(repository.url).pathname.slice(1)
  github.state.repositories.push({ full_name: name, archived: false, permissions: { push: true } })
  const variable = (key: string, secret: boolean, buildTime = false) => ({
    key,
    value: `${SECRET} ${key}`,
    secret,
    buildTime,
  })
  app = await world.deploy({
    githubUrl: repository.url,
    subdomain: 'shop',
    volumes: [{ name: 'data', path: '/data' }],
    env: [
      variable('PLAIN', false),
      variable('KEY', true),
      variable('PLAIN_ARG', false, true),
      variable('KEY_ARG', true, true),
    ],
    delivery: { previews: { isEnabled: true, forks: true, most: 2, memoryMb: 128 } },
  })
  expect(app.error).toBeUndefined()
})
afterAll(async () => {
  await world.destroy()
  await github.stop()
})

/** Commits on a branch of its own, and puts that where GitHub keeps the head of the pull request. */
async function commit(number: number, text: string): Promise<string> {
  const sha = await repository.commit({ 'server.js': server(text) }, text, `topic-${number}`)
  await repository.pull(number, sha)
  return sha
}

const happen = async (action: string, number: number, sha: string, from?: string) =>
  (await tellOf(github.state, action, { base: name, number, sha, ...(from && { from }) }))[0]

async function previews(): Promise<any[]> {
  return (await world.slipway.api('GET', `/api/deployments/${app.id}/previews`)).body.previews
}
const previewOf = async (number: number) => (await previews()).find((it) => it.pullRequest.number === number)
const ask = async (subdomain: string, address = '/') => (await world.ask(`${subdomain}.localhost`, address)).text
const receiptOf = (id: string) => world.slipway.api('GET', `/api/receipts/${id}`)
const commentOn = (number: number) => github.state.pulls.comments.filter((it) => it.on === `${name}#${number}`)

/** Has the patience for what got stuck, which is tried again after a minute. One that does not go is told with the log. */
async function untilGone(id: string): Promise<void> {
  for (let attempt = 0; attempt < 900; attempt++) {
    if ((await receiptOf(id)).status === 200) return
    await sleep(100)
  }
  throw new Error(`${id} does not go:\n${world.slipway.output().slice(-6000)}`)
}

async function close(number: number, sha: string): Promise<any> {
  const { id } = await previewOf(number)
  await happen('closed', number, sha)
  await expect.poll(async () => (await receiptOf(id)).status).toBe(200)
  return (await receiptOf(id)).body.receipt
}

test('a pull request is live at its own address, follows its pushes, and goes when it is closed', async () => {
  const before = await world.inventory()
  const first = await commit(7, 'first')
  expect(await happen('opened', 7, first)).toMatchObject({ status: 202, body: { deployed: true } })
  const { id, subdomain, previewOf: parent } = await previewOf(7)
  expect({ subdomain, parent }).toEqual({ subdomain: 'shop-pr-7', parent: app.id })
  const preview = await world.settled(id)
  expect(preview).toMatchObject({ status: 'running', commit: { sha: first }, webhook: null })
  expect([await ask('shop-pr-7'), await ask('shop')]).toEqual(['first', 'main'])

  const known = JSON.parse(await ask('shop-pr-7', '/known'))
  expect(known.note).toBe('first;')
  expect(known.env).toMatchObject({ PLAIN: `${SECRET} PLAIN` })
  expect(known.env).not.toHaveProperty('KEY')
  const { HostConfig } = await world.docker.getContainer(preview.containerId).inspect()
  expect(HostConfig.Memory).toBe(128 * 2 ** 20)
  await expect.poll(() => commentOn(7)[0]?.body).toContain(`shop-pr-7.localhost:${world.slipway.httpPort} shows commit`)

  const second = await commit(7, 'second')
  expect(await happen('synchronize', 7, second)).toMatchObject({ body: { deployed: true } })
  await world.settled(id)
  expect(await ask('shop-pr-7')).toBe('second')
  expect(await happen('synchronize', 7, second)).toMatchObject({ body: { deployed: false } })

  const receipt = await close(7, second)
  expect(receipt.entries.filter((it: any) => !it.verified)).toEqual([])
  expect(receipt.entries.map((it: any) => it.kind)).toEqual(expect.arrayContaining(['volume', 'vhost', 'container']))
  expect(await world.inventory()).toEqual(before)
  await expect.poll(() => commentOn(7).map((it) => it.body)).toEqual([expect.stringContaining('The preview is gone')])
  expect(await ask('shop')).toBe('main')
})

test('a fork waits, then runs the commit that was approved and no other, and is told no secret', async () => {
  const own = [
    { key: 'STAGE', value: 'preview' },
    { key: 'PLAIN_ARG', value: 'preview', buildTime: true },
    { key: 'TEST_KEY', value: SECRET, secret: true },
    { key: 'KEY_ARG', value: SECRET, secret: true, buildTime: true },
  ]
  const set = await world.slipway.api('PUT', `/api/deployments/${app.id}/preview-env`, { env: own })
  expect(set).toMatchObject({ status: 200, body: { isOwn: true } })
  expect(JSON.stringify(set.body)).not.toContain(SECRET)
  const good = await commit(8, 'good')
  expect(await happen('opened', 8, good, 'eve/shop')).toMatchObject({ body: { deployed: false } })
  const { id, status, error } = await previewOf(8)
  expect({ status, error }).toMatchObject({ status: 'stopped', error: { code: 'approval_needed' } })
  for (const action of ['redeploy', 'retry', 'start']) {
    expect((await world.slipway.api('POST', `/api/deployments/${id}/${action}`)).status).toBe(409)
  }
  await expect.poll(() => commentOn(8)[0]?.body).toContain('comes from a fork')

  // What was looked at is approved; the pull request goes on meanwhile.
  const evil = await commit(8, 'evil')
  const approve = (sha: string, headers = {}) =>
    world.slipway.api('POST', `/api/deployments/${id}/approve`, { sha }, headers)
  const program = await world.slipway.api('POST', '/api/tokens', { name: 'CI', scope: 'write' })
  expect((await approve(good, { authorization: `Bearer ${program.body.secret}` })).status).toBe(403)
  expect((await approve(evil)).status).toBe(409)
  expect((await approve(good.slice(0, 7))).status).toBe(400)
  expect((await approve(good)).status).toBe(202)
  const preview = await world.settled(id)
  expect(preview).toMatchObject({ status: 'running', commit: { sha: good } })
  expect(await ask('shop-pr-8')).toBe('good')

  const { env } = JSON.parse(await ask('shop-pr-8', '/known'))
  expect(env).toMatchObject({ STAGE: 'preview' })
  expect(Object.keys(env)).not.toContain('TEST_KEY')
  expect(JSON.stringify(env)).not.toContain(SECRET)
  const history = JSON.stringify(await world.docker.getImage(preview.dockerImage).history())
  expect(history).toContain('PLAIN_ARG=preview')
  expect(history).not.toContain(SECRET)

  expect(await happen('synchronize', 8, evil, 'eve/shop')).toMatchObject({ body: { deployed: false } })
  await world.slipway.api('POST', `/api/deployments/${id}/redeploy?rebuild=true`)
  await world.settled(id)
  expect(await ask('shop-pr-8')).toBe('good')
  await close(8, evil)
})

test('a preview goes on after the server was killed under it, and goes when its time is over', async () => {
  const before = await world.inventory()
  killing.killAt('apply start-container before')
  const sha = await commit(9, 'nine')
  await happen('opened', 9, sha)
  const { id } = await previewOf(9).catch(() => ({ id: undefined }))
  await killing.comeBack()
  const preview = await world.settled(id ?? (await previewOf(9)).id)
  expect(preview).toMatchObject({ status: 'running', pullRequest: { number: 9, sha } })
  expect(await ask('shop-pr-9')).toBe('nine')

  killing.killAt('revert publish-vhost before')
  await expireNow(preview.id)
  await killing.comeBack()
  await untilGone(preview.id)
  expect(await world.inventory()).toEqual(before)
  expect((await world.slipway.api('GET', '/api/doctor')).body.findings).toEqual([])
})

test('more than there may be wait for room; the app takes its previews along, killed in between or not', {
  timeout: 180_000,
}, async () => {
  for (const number of [10, 11, 12]) await happen('opened', number, await commit(number, `text ${number}`))
  expect(await previewOf(12)).toMatchObject({ status: 'stopped', error: { code: 'preview_limit' } })
  await expect.poll(() => commentOn(12)[0]?.body).toContain('may have 2 previews at once')
  const [ten, eleven] = [await previewOf(10), await previewOf(11)]
  await world.settled(ten.id)
  await world.settled(eleven.id)
  await close(10, ten.pullRequest.sha)
  await expect.poll(async () => (await previewOf(12)).status, { timeout: 30_000 }).toBe('running')

  const all = [app.id, ...(await previews()).map((it) => it.id)]
  expect(all).toHaveLength(3)
  killing.killAt('revert start-container after')
  await world.slipway.api('DELETE', `/api/deployments/${app.id}`)
  await killing.comeBack()
  for (const id of all) await untilGone(id)
  const { tables = [], ...left } = await world.inventory()
  expect(Object.values(left).flat()).toEqual([])
  expect(tables.filter((it) => !it.endsWith(' 0'))).toEqual([])
  expect(github.violations).toEqual([])
})

/** As if the days had gone by. */
async function expireNow(id: string): Promise<void> {
  const { default: Sqlite } = await import('sqlite3')
  const sqlite = new Sqlite(path.join(world.slipway.dataDir, 'slipway.db'))
  sqlite.prepare('update deployments set expires_at = ? where id = ?').run(new Date(0).toISOString(), id)
  sqlite.close()
}
