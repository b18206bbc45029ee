import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Deployment, defaultDelivery, updateDeployment } from '../../server/db/deployments.ts'
import { insertRelease, listReleases } from '../../server/db/releases.ts'
import { createPoll, type Poll } from '../../server/deploy/poll.ts'
import { type GitServer, type Repository, startGitServer } from '../support/git-server.ts'
import { type GithubRepositories, startGithubRepositories } from '../support/github-repositories.ts'
import { type Inside, makeInside } from '../support/inside.ts'

let git: GitServer
let github: GithubRepositories
let inside: Inside
beforeAll(async () => {
  git = await startGitServer()
  github = await startGithubRepositories()
  inside = await makeInside({
    SLIPWAY_GITHUB_URL: git.url,
    SLIPWAY_GITHUB_API_URL: github.apiUrl,
    SLIPWAY_GITHUB_TOKEN: github.token,
  })
})
afterAll(async () => {
  expect(github.violations).toEqual([])
  await inside.close()
  await github.stop()
  await git.stop()
})

let names = 0
let repository: Repository
let live: string
let poll: Poll
const { signal } = new AbortController()

beforeEach(async () => {
  await inside.deps.db.deleteFrom('jobs').execute()
  await inside.deps.db.deleteFrom('releases').execute()
  await inside.deps.db.deleteFrom('deployments').execute()
  github.state.denied.clear()
  github.state.isDown = false
  repository = await git.makeRepository('acme', `polled-${++names}`)
  await github.follow(repository)
  live = await repository.commit({ 'a.js': '1' }, 'First')
  poll = createPoll(inside.deps, inside.queue)
})

const make = (changes: Partial<Deployment> = {}) => inside.live(repository.url, live, changes)
const shas = async ({ id }: Deployment) => (await listReleases(inside.deps.db, id)).map((it) => it.cause.sha)
const asked = () => github.requests.filter((it) => it.includes(`polled-${names}/commits`)).length

test('a new commit is deployed once, also when its release fails', async () => {
  const app = await make()
  await poll(signal)
  expect(await shas(app)).toHaveLength(1)
  const sha = await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  expect(await shas(app)).toEqual([sha, undefined])
  await inside.deps.db.deleteFrom('jobs').execute()
  await inside.deps.db.updateTable('releases').set({ status: 'failed' }).where('number', '=', 2).execute()
  await poll(signal)
  expect(await shas(app)).toHaveLength(2)
})

test('nor is it after a start, for the newest release says what was seen', async () => {
  const app = await make()
  await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  await inside.deps.db.deleteFrom('jobs').execute()
  await inside.deps.db.updateTable('releases').set({ status: 'failed' }).where('number', '=', 2).execute()
  await createPoll(inside.deps, inside.queue)(signal)
  expect(await shas(app)).toHaveLength(2)
})

test('a push while Slipway was down is found at its start, though a webhook speaks for the app', async () => {
  const app = await make({ webhook: { state: 'active' } })
  const sha = await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  expect((await shas(app))[0]).toBe(sha)
  const count = asked()
  await poll(signal)
  expect(asked()).toBe(count)
})

test('who rolled back stays there', async () => {
  const app = await make()
  const [first] = await listReleases(inside.deps.db, app.id)
  await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  await inside.deps.db.deleteFrom('jobs').execute()
  if (first) await insertRelease(inside.deps.db, app, { imageFrom: first })
  await poll(signal)
  await createPoll(inside.deps, inside.queue)(signal)
  expect(await shas(app)).toHaveLength(3)
})

test('a repository is asked once for all its apps, and an answer that is the same costs nothing', async () => {
  await make()
  await make()
  await poll(signal)
  expect(asked()).toBe(1)
  await poll(signal)
  expect(asked()).toBe(2)
})

test('marks, paths and switches count', async () => {
  const off = await make({ delivery: { ...defaultDelivery, autoDeploy: false } })
  const stopped = await make({ stopped: true })
  const watching = await make({ delivery: { ...defaultDelivery, watchPaths: ['docs/**'] } })
  const plain = await make()
  await repository.commit({ 'a.js': '2' }, 'Second [skip ci]')
  await poll(signal)
  const third = await repository.commit({ 'a.js': '3' }, 'Third')
  await poll(signal)
  const counts = await Promise.all([off, stopped, watching, plain].map(async (it) => (await shas(it)).length))
  expect(counts).toEqual([1, 1, 1, 2])
  expect((await shas(plain))[0]).toBe(third)
  const fourth = await repository.commit({ 'docs/a.md': '4' }, 'Fourth')
  await poll(signal)
  expect((await shas(watching))[0]).toBe(fourth)
})

test('a change of the branch alone deploys nothing until the next push to it', async () => {
  const app = await make()
  await repository.commit({ 'a.js': 'dev' }, 'On dev', 'dev')
  await poll(signal)
  await updateDeployment(inside.deps.db, app.id, { branch: 'dev' })
  await poll(signal)
  expect(await shas(app)).toHaveLength(1)
  const sha = await repository.commit({ 'a.js': 'dev 2' }, 'On dev again', 'dev')
  await poll(signal)
  expect((await shas(app))[0]).toBe(sha)
})

test('git is asked where GitHub’s API may not be', async () => {
  const app = await make()
  github.state.denied.add('contents')
  const sha = await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  expect((await shas(app))[0]).toBe(sha)
})

test('one that fails is left in peace for a while, and the others are asked', async () => {
  const app = await make()
  github.state.isDown = true
  await poll(signal)
  github.state.isDown = false
  const count = asked()
  await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  expect(asked()).toBe(count)
  expect(await shas(app)).toHaveLength(1)
})

test('of a repository that no app is made from any more nothing is remembered: a new app of it is not left in peace', async () => {
  const { db } = inside.deps
  const app = await make()
  github.state.isDown = true
  await poll(signal)
  github.state.isDown = false
  await db.deleteFrom('releases').execute()
  await db.deleteFrom('deployments').where('id', '=', app.id).execute()
  await poll(signal)
  const next = await make()
  const sha = await repository.commit({ 'a.js': '2' }, 'Second')
  await poll(signal)
  expect((await shas(next))[0]).toBe(sha)
})
