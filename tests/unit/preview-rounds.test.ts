import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { deleteDeployment, listPreviews, updateDeployment } from '../../server/db/deployments.ts'
import { deleteJob, listJobs } from '../../server/db/jobs.ts'
import { insertReceipt } from '../../server/db/receipts.ts'
import { deleteReleases, listReleases, updateRelease } from '../../server/db/releases.ts'
import { watchComments } from '../../server/deploy/previews/comments.ts'
import { checkPulls } from '../../server/deploy/previews/rounds.ts'
import { onPullRequest, readPullRequestEvent } from '../../server/deploy/previews.ts'
import { announce } from '../../server/deploy/status.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { happen as tellOf } from '../support/github-pulls.ts'
import { idleQueue, makePreviewWorld } from '../support/preview-world.ts'
import { pullRequestEvent } from '../support/pull-request.ts'
import { makeDeployment } from '../support/temp-database.ts'

const [one, two] = ['1'.repeat(40), '2'.repeat(40)] as const
const base = 'acme/app'

let github: GithubStandIn
let world: Awaited<ReturnType<typeof makePreviewWorld>>

beforeEach(async () => {
  github = await startGithub()
  github.state.repositories.push({ full_name: base, archived: false, permissions: { push: true } })
  world = await makePreviewWorld({
    githubApiUrl: github.apiUrl,
    githubToken: github.token,
    nginx: 'off',
    domain: 'x.y',
  })
})
afterEach(() => github.stop())

const happen = (action: string, number: number, sha: string) => tellOf(github.state, action, { base, number, sha })
const check = () => checkPulls(world.deps, idleQueue)
const previews = () => listPreviews(world.db)
async function only() {
  const [preview] = await previews()
  if (!preview) throw new Error('there is no preview')
  return preview
}
/** As the queue would, without a machine. */
async function removeForReal() {
  const { id, name, subdomain, githubUrl, createdAt } = await only()
  for (const job of await listJobs(world.db, { deploymentId: id })) await deleteJob(world.db, job.id)
  const receipt = { deploymentId: id, name, subdomain, githubUrl, createdAt, removedAt: new Date().toISOString() }
  await insertReceipt(world.db, { ...receipt, entries: [] })
  await deleteReleases(world.db, id)
  await deleteDeployment(world.db, id)
  world.deps.events.publish({ type: 'deleted', deployment: id })
}

describe('asking GitHub for what was missed', () => {
  test('makes the preview of a pull request that was opened meanwhile, once', async () => {
    await happen('opened', 7, one)
    await check()
    await check()
    expect(await previews()).toMatchObject([{ subdomain: 'app-pr-7' }])
    expect(await listReleases(world.db, (await only()).id)).toHaveLength(1)
  })

  test('finds each of many whose descriptions are as long as GitHub lets them be', async () => {
    for (let number = 1; number <= 20; number++) await happen('opened', number, one)
    for (const pull of github.state.pulls.list) Object.assign(pull, { body: 'x'.repeat(2 ** 16) })
    await check()
    expect(await previews()).toHaveLength(20)
  })

  test('deploys what was pushed meanwhile', async () => {
    await happen('opened', 7, one)
    await check()
    await happen('synchronize', 7, two)
    await check()
    expect((await only()).pullRequest).toMatchObject({ sha: two })
  })

  test('removes what was closed meanwhile, and nothing because of an answer that says too little', async () => {
    await happen('opened', 7, one)
    await check()
    for (const fault of ['500', 'html', 'rate limit'] as const) {
      github.state.fault = fault
      await check()
      expect((await only()).status).toBe('queued')
    }
    github.state.fault = undefined
    const forgotten = github.state.pulls.list.splice(0)
    await check()
    expect((await only()).status).toBe('queued')
    github.state.pulls.list.push(...forgotten)
    await happen('closed', 7, one)
    await check()
    expect((await only()).status).toBe('deleting')
  })

  test('does not bring back a preview that was removed; the next push does', async () => {
    await happen('opened', 7, one)
    await check()
    await removeForReal()
    await check()
    expect(await previews()).toEqual([])
  })

  test('ends at once when the server stops, and goes on to no other app', async () => {
    const delivery = (await world.app()).delivery
    await updateDeployment(world.db, await makeDeployment(world.db, 'other'), { delivery })
    github.state.fault = 'hang'
    const end = new AbortController()
    const round = checkPulls(world.deps, idleQueue, end.signal)
    await expect.poll(() => github.requests.length).toBe(1)
    end.abort()
    const began = performance.now()
    await round
    expect(performance.now() - began).toBeLessThan(1000)
    expect(github.requests).toHaveLength(1)
  })

  test('asks nobody about apps without previews', async () => {
    await world.setPreviews({ isEnabled: false })
    await check()
    expect(github.requests).toEqual([])
  })
})

describe('the comment', () => {
  const setRelease = async (id: string, status: 'running' | 'failed') => {
    await updateRelease(world.db, { deploymentId: id, number: 1 }, { status })
    await announce(world.deps, id)
  }
  const comments = () => github.state.pulls.comments.map((it) => it.body)
  beforeEach(async () => {
    await happen('opened', 7, one)
    const end = watchComments(world.deps)
    onTestFinished(end)
  })

  test('is one, and says how the preview stands until it is gone', async () => {
    await check()
    await expect.poll(comments).toEqual([expect.stringContaining('Commit `1111111` is being built.')])
    const { id } = await only()
    await updateRelease(world.db, { deploymentId: id, number: 1 }, { status: 'live' })
    await updateDeployment(world.db, id, { liveRelease: 1, status: 'running' })
    await announce(world.deps, id)
    await expect.poll(comments).toEqual([expect.stringContaining('shows commit `1111111`')])
    await happen('closed', 7, one)
    await check()
    await expect.poll(async () => (await only()).status).toBe('deleting')
    await removeForReal()
    await expect.poll(comments).toEqual([expect.stringContaining('The preview is gone')])
  })

  test('says nothing wrong where a pull request is told of twice at once', async () => {
    const event = readPullRequestEvent(pullRequestEvent('opened', { base, number: 7, sha: one }))
    if (!event) throw new Error('that is no event')
    const app = await world.app()
    const twice = await Promise.all([1, 2].map(() => onPullRequest(world.deps, idleQueue, app, event)))
    expect(twice.map((it) => it.outcome).sort()).toEqual(['A preview is made.', 'The preview has this commit already.'])
    await expect.poll(comments).toEqual([expect.stringContaining('Commit `1111111` is being built.')])
    await sleep(300)
    expect(comments().join()).not.toContain('There is no preview')
  })

  test('is not written again by events that change nothing about it', async () => {
    await check()
    await expect.poll(comments).toHaveLength(1)
    const written = () => github.requests.filter((it) => /^(POST|PATCH) .*comments/.test(it.line)).length
    const before = written()
    for (let time = 0; time < 5; time++) await announce(world.deps, (await only()).id)
    await setRelease((await only()).id, 'failed')
    await expect.poll(comments).toEqual([expect.stringContaining('did not go live')])
    expect(written()).toBe(before + 1)
  })

  test('is found again by its mark when its id was lost, and made anew when somebody deleted it', async () => {
    await check()
    await expect.poll(async () => (await only()).pullRequest?.commentId).toBeDefined()
    const { id, pullRequest } = await only()
    if (!pullRequest) throw new Error('it is a preview')
    const { commentId: _, ...without } = pullRequest
    await updateDeployment(world.db, id, { pullRequest: without })
    await setRelease(id, 'failed')
    await expect.poll(async () => (await only()).pullRequest?.commentId).toBe(pullRequest.commentId)
    expect(comments()).toHaveLength(1)
    github.state.pulls.comments.splice(0)
    await setRelease(id, 'running')
    await expect.poll(comments).toHaveLength(1)
  })

  test('that GitHub does not answer holds up no stop of the server', async () => {
    const end = watchComments(world.deps)
    await check()
    github.state.fault = 'hang'
    await setRelease((await only()).id, 'failed')
    const began = performance.now()
    await end()
    expect(performance.now() - began).toBeLessThan(3000)
  })

  test('that GitHub does not permit keeps no preview from being made', async () => {
    github.state.permissions.pull_requests = false
    const event = readPullRequestEvent(pullRequestEvent('opened', { base, number: 7, sha: one }))
    if (!event) throw new Error('that is no event')
    await onPullRequest(world.deps, idleQueue, await world.app(), event)
    await expect.poll(() => github.requests.some((it) => it.line.includes('/issues/'))).toBe(true)
    expect(await listReleases(world.db, (await only()).id)).toHaveLength(1)
    expect(comments()).toEqual([])
  })
})
