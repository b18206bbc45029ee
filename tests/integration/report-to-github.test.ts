import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Deployment, deleteDeployment } from '../../server/db/deployments.ts'
import { deleteReleases } from '../../server/db/releases.ts'
import { reportToGithub } from '../../server/deploy/report-to-github.ts'
import type { SlipwayEvent } from '../../server/events.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type GithubRepositories, startGithubRepositories } from '../support/github-repositories.ts'
import { type Inside, makeInside } from '../support/inside.ts'

let git: GitServer
let github: GithubRepositories
let inside: Inside
let end: () => Promise<void>
let repository: string
let sha: string
beforeAll(async () => {
  git = await startGitServer()
  github = await startGithubRepositories()
  const made = await git.makeRepository('acme', 'app')
  await github.follow(made)
  repository = made.url
  sha = await made.commit({ 'a.js': '1' }, 'First')
  inside = await makeInside({
    SLIPWAY_GITHUB_URL: git.url,
    SLIPWAY_GITHUB_API_URL: github.apiUrl,
    SLIPWAY_GITHUB_TOKEN: github.token,
  })
  end = reportToGithub(inside.deps)
})
afterAll(async () => {
  await end()
  expect(github.violations).toEqual([])
  await inside.close()
  await github.stop()
  await git.stop()
})

let app: Deployment
beforeEach(async () => {
  github.state.denied.clear()
  github.state.isDown = false
  github.state.statuses.splice(0)
  github.state.deployments.splice(0)
  app = await inside.live(repository, sha)
})

const tell = (event: SlipwayEvent) => inside.deps.events.publish(event)
const of = () => ({ deployment: app.id, release: 1 })
const begin = () => tell({ type: 'step', ...of(), step: 'check-out', state: 'done' })
const statuses = () => github.state.statuses.map((it) => `${it.state}: ${it.description}`)
const states = () => github.state.deployments.map((it) => it.statuses.map((status) => status.state).join(' '))

test('a release that fails says at which step, and nothing of its reason', async () => {
  begin()
  const error = { step: 'build-image', code: 'build_failed', message: 'DATABASE_URL is postgres://ada' } as const
  tell({ type: 'release', ...of(), status: 'failed', error })
  await expect.poll(states).toEqual(['in_progress failure'])
  expect(statuses()).toEqual([
    'pending: Release 1 is on its way.',
    'failure: The deploy failed at build-image. The log says why.',
  ])
  expect(JSON.stringify(github.state)).not.toContain('postgres')
})

test('one that a newer push took the place of is no failure', async () => {
  begin()
  tell({
    type: 'release',
    ...of(),
    status: 'failed',
    error: { code: 'superseded', message: 'Release 2 took its place.' },
  })
  await expect.poll(states).toEqual(['in_progress inactive'])
  expect(statuses()[1]).toBe('error: Superseded by a newer push.')
})

test('what GitHub fails at is tried again, in its order', async () => {
  github.state.isDown = true
  begin()
  tell({ type: 'release', ...of(), status: 'live' })
  await expect
    .poll(() => github.requests.filter((it) => it.startsWith('POST /repos/acme/app/statuses')).length)
    .toBeGreaterThan(0)
  github.state.isDown = false
  await expect.poll(states).toEqual(['in_progress success'])
  expect(statuses().map((it) => it.split(':')[0])).toEqual(['pending', 'success'])
})

test('what it does not permit is not asked for again and again', async () => {
  github.state.denied.add('statuses')
  const asked = () => github.requests.filter((it) => it.includes('/statuses/')).length
  const before = asked()
  begin()
  await expect.poll(asked).toBe(before + 1)
  tell({ type: 'release', ...of(), status: 'live' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(asked()).toBe(before + 1)
})

test('the end of an app makes its environment inactive, though its row is gone by then', async () => {
  begin()
  tell({ type: 'release', ...of(), status: 'live' })
  tell({ type: 'deployment', deployment: app.id, status: 'deleting', error: null })
  tell({ type: 'deployment', deployment: app.id, status: 'deleting', error: null })
  await expect.poll(() => states()[0]).toMatch(/success/)
  await deleteReleases(inside.deps.db, app.id)
  await deleteDeployment(inside.deps.db, app.id)
  await expect.poll(states).toEqual(['in_progress success inactive'])
})

test('what is told goes by the app’s host name, and deployments of others are left as they are', async () => {
  const place = `slipway/${app.subdomain}.${inside.deps.config.domain}`
  const others = [app.subdomain, place].map((environment, index) => ({
    id: 7 + index,
    repository: 'acme/app',
    sha,
    environment,
    statuses: [{ state: 'success' }],
  }))
  github.state.deployments.push(...others)
  begin()
  tell({ type: 'release', ...of(), status: 'failed' })
  tell({ type: 'deployment', deployment: app.id, status: 'deleting', error: null })
  await expect.poll(states).toEqual(['success', 'success', 'in_progress failure inactive'])
  expect(github.state.deployments[2]).toMatchObject({ environment: place, payload: { slipway: app.id } })
  expect(github.state.statuses.map((it) => it.context)).toEqual([place, place])
})
