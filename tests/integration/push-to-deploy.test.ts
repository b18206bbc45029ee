import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Repository } from '../support/git-server.ts'
import type { GithubRepositories } from '../support/github-repositories.ts'
import { dockerfile, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const saying = (text: string) =>
  `require('node:http').createServer((_, r) => r.end(${JSON.stringify(text)})).listen(8000)\nprocess.on('SIGTERM', () => process.exit())\n`

const run = promisify(execFile)

let world: World
let github: GithubRepositories
beforeAll(async () => {
  world = await createWorld({ github: true, env: { SLIPWAY_DRAIN_SECONDS: '1' } })
  if (!world.github) throw new Error('there is no GitHub')
  github = world.github
})
afterAll(async () => {
  expect(github.violations).toEqual([])
  await world.destroy()
})

const show = async (id: string) => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment
const releasesOf = async (id: string): Promise<any[]> =>
  (await world.slipway.api('GET', `/api/deployments/${id}/releases`)).body.releases
const text = async (subdomain: string) => (await world.ask(`${subdomain}.localhost`)).text
const commit = (repository: Repository, said: string, message = said) =>
  repository.commit({ 'server.js': saying(said) }, message)

/** Waits until a page says something, without asking Slipway for anything. */
const untilSays = (subdomain: string, said: string) =>
  expect.poll(() => text(subdomain), { timeout: 60_000 }).toBe(said)

/** How often git was asked for what is in it. */
const looksAt = ({ url }: Repository) => {
  const name = new URL(url).pathname
  return world.git.requests.filter((it) => it.path.replace('.git', '') === `${name}/info/refs`).length
}

/** Commits that nobody has pushed yet, oldest first. */
async function commitMany({ folder }: Repository, count: number): Promise<string[]> {
  const git = async (...args: string[]) =>
    (
      await run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder })
    ).stdout.trim()
  const shas: string[] = []
  await writeFile(path.join(folder, 'Dockerfile'), dockerfile)
  for (let number = 1; number <= count; number++) {
    await writeFile(path.join(folder, 'server.js'), saying(`push ${number}`))
    await git('commit', '--quiet', '--all', '-m', `Push ${number}`)
    shas.push(await git('rev-parse', 'HEAD'))
  }
  return shas
}

describe('with a webhook', () => {
  let repository: Repository
  let id: string
  let before: Awaited<ReturnType<World['inventory']>>
  beforeAll(async () => {
    before = await world.inventory()
    repository = await makeApp(world, saying('one'))
    id = (await world.deploy({ githubUrl: repository.url, subdomain: 'pushed' })).id
    await github.quiet()
  })

  test('the first deploy makes it, and GitHub’s ping says that it works', async () => {
    expect(github.state.hooks).toMatchObject([
      {
        active: true,
        events: ['push', 'pull_request'],
        config: { url: `${world.slipway.url}/api/webhooks/github/${id}` },
      },
    ])
    expect((await show(id)).webhook).toMatchObject({ state: 'active', heardAt: expect.any(String) })
    const { entries } = (await world.slipway.api('GET', `/api/deployments/${id}/ledger`)).body
    const name = `${new URL(repository.url).pathname.slice(1)} → ${id}`
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'webhook', name, state: 'present' }))
  })

  test('a push is live without hands, and what it replaced is gone', async () => {
    const sha = await commit(repository, 'two')
    await untilSays('pushed', 'two')
    const app = await world.settled(id)
    expect(app).toMatchObject({ release: 2, commit: { sha } })
    expect((await releasesOf(id))[0].cause).toEqual({ kind: 'push', by: 'ada', sha })
    expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-pushed-2`])
    expect(github.state.hooks).toHaveLength(1)
  })

  test('GitHub shows it: pending, then success, with the log and the address; what was replaced is inactive', async () => {
    const { commit: newest } = await show(id)
    const own = () => github.state.statuses.filter((it) => it.sha === newest.sha)
    await expect.poll(() => own().map((it) => it.state)).toEqual(['pending', 'success'])
    expect(own()[1]).toMatchObject({
      context: 'slipway/pushed.localhost',
      target_url: `${world.slipway.url}/apps/${id}/logs?kind=build&release=2`,
    })
    const states = () => github.state.deployments.map((it) => it.statuses.map((status) => status.state))
    await expect.poll(states).toEqual([
      ['in_progress', 'success', 'inactive'],
      ['in_progress', 'success'],
    ])
    const [, second] = github.state.deployments
    expect(second).toMatchObject({ environment: 'slipway/pushed.localhost', sha: newest.sha })
    expect(second?.statuses[1]?.environment_url).toMatch(/^http:\/\/pushed\.localhost/)
  })

  test('a build that fails is told, and the old version goes on', async () => {
    const sha = await repository.commit({ Dockerfile: 'FROM node:24-slim\nRUN exit 3\n' }, 'Break it')
    const states = () => github.state.statuses.filter((it) => it.sha === sha).map((it) => it.state)
    await expect.poll(states, { timeout: 60_000 }).toEqual(['pending', 'failure'])
    expect(github.state.statuses.at(-1)?.description).toMatch(/failed at build-image/)
    expect(await text('pushed')).toBe('two')
    await world.settled(id)
  })

  test('a push ends the build of the one before it, takes away what that made, and is live long before it could be', async () => {
    // No build cache knows this line.
    const line = `echo ${randomUUID()} && sleep 30`
    const slow = await repository.commit({ Dockerfile: `${dockerfile}RUN ${line}\n` }, 'Take long')
    await expect.poll(async () => (await releasesOf(id))[0].cause.sha).toBe(slow)
    const [{ release }] = await releasesOf(id)
    const buildLog = async () =>
      (await world.slipway.api('GET', `/api/logs/${id}?kind=build&release=${release}`)).body.lines ?? []
    await expect.poll(async () => (await buildLog()).some((it: any) => it.text.includes(line))).toBe(true)
    const { images } = await world.inventory()

    const began = Date.now()
    const sha = await repository.commit({ Dockerfile: dockerfile, 'server.js': saying('three') }, 'three')
    await untilSays('pushed', 'three')
    expect(Date.now() - began).toBeLessThan(20_000)
    const app = await world.settled(id)
    expect(app).toMatchObject({ release: release + 1, commit: { sha } })
    expect(app.error).toBeUndefined()
    expect((await releasesOf(id))[1]).toMatchObject({ release, status: 'failed', failure: 'superseded' })
    const after = await world.inventory()
    const image = (number: number) => `${world.slipway.instance}/pushed:${number}`
    expect(after.images).toEqual([...(images ?? []), image(app.release)].sort())
    expect(after).toMatchObject({ checkouts: [], containers: [`/${world.slipway.instance}-pushed-${app.release}`] })
    const told = () => github.state.statuses.filter((it) => it.sha === slow).map((it) => it.state)
    await expect.poll(told).toEqual(['pending', 'error'])
  })

  test('fifty pushes within five seconds: two builds at most, the last commit is live, nothing is left over', async () => {
    const first = (await releasesOf(id)).length
    const shas = await commitMany(repository, 50)
    const began = Date.now()
    for (const sha of shas)
      await run('git', ['push', '--quiet', 'origin', `${sha}:refs/heads/main`], { cwd: repository.folder })
    const took = Date.now() - began
    await untilSays('pushed', 'push 50')
    const app = await world.settled(id)
    await github.quiet()
    const releases = (await releasesOf(id)).slice(0, -first)
    expect(took).toBeLessThan(5000)
    const sha = shas.at(-1)
    expect(app.commit.sha).toBe(sha)
    expect(releases.length).toBeLessThanOrEqual(2)
    expect(releases[0]).toMatchObject({ status: 'live', commit: { sha } })
    const inventory = await world.inventory()
    expect(inventory.containers).toEqual([`/${world.slipway.instance}-pushed-${app.release}`])
    expect(inventory.checkouts).toEqual([])
    const { entries } = (await world.slipway.api('GET', `/api/deployments/${id}/ledger`)).body
    expect(entries.filter((it: any) => it.state !== 'present' && it.state !== 'removed')).toEqual([])
    expect((await world.slipway.api('GET', '/api/doctor?fresh=true')).body.findings).toEqual([])
  })

  test('what was delivered comes again, in any order, and changes nothing', async () => {
    const before = await releasesOf(id)
    const pushes = github.delivered.filter((it) => it.event === 'push')
    const again = await github.redeliver(pushes.toReversed().slice(0, 10))
    expect(again.every((it) => it.status === 202 && it.reply.deployed === false)).toBe(true)
    expect(await releasesOf(id)).toEqual(before)
  })

  test('a webhook that somebody took away is put back, and a delete takes it for good', async () => {
    github.state.hooks.splice(0)
    await world.slipway.api('POST', `/api/deployments/${id}/redeploy`)
    await world.settled(id)
    expect(github.state.hooks).toHaveLength(1)
    await github.quiet()
    const receipt = await world.remove(id)
    expect(receipt.entries.filter((it: any) => it.kind === 'webhook' && !it.verified)).toEqual([])
    expect(await world.inventory()).toEqual(before)
    await expect.poll(() => github.state.deployments.map((it) => it.statuses.at(-1)?.state)).not.toContain('success')
  })
})

test('polling finds a push where GitHub tells of none, with and without its API, and builds a bad commit once', async () => {
  await world.slipway.terminate()
  await world.slipway.start({ SLIPWAY_GITHUB_POLL_SECONDS: '1' })
  github.state.denied.add('hooks')
  const repository = await makeApp(world, saying('asked'))
  const { id, webhook } = await world.deploy({ githubUrl: repository.url, subdomain: 'polled' })
  expect(webhook).toMatchObject({ state: 'unavailable', reason: expect.stringMatching(/Webhooks → Read and write/) })
  const sha = await commit(repository, 'found')
  await untilSays('polled', 'found')
  await world.settled(id)
  expect((await releasesOf(id))[0]).toMatchObject({ cause: { kind: 'poll', sha }, commit: { sha } })
  expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-polled-2`])

  github.state.denied.add('contents')
  await commit(repository, 'found by git')
  await untilSays('polled', 'found by git')
  await world.settled(id)

  await repository.commit({ 'server.js': 'process.exit(1)' }, 'Break it')
  await expect.poll(async () => (await releasesOf(id))[0].status, { timeout: 60_000 }).toBe('failed')
  const count = (await releasesOf(id)).length
  const looked = looksAt(repository)
  await expect.poll(() => looksAt(repository)).toBeGreaterThanOrEqual(looked + 2)
  expect((await releasesOf(id)).length).toBe(count)
  expect(await text('polled')).toBe('found by git')
  const entries = (await world.slipway.api('GET', `/api/deployments/${id}/ledger`)).body.entries
  expect(entries.filter((it: any) => it.kind === 'webhook' && it.state !== 'removed')).toEqual([])
  await world.remove(id)
})
