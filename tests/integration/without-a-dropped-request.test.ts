import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createActions } from '../support/actions.ts'
import { busyApp, DOWNLOAD } from '../support/busy-app.ts'
import { FAILED_RELEASE, LIVE_RELEASES, playDayOfReleases, redeploy, rollBack } from '../support/day-of-releases.ts'
import type { Repository } from '../support/git-server.ts'
import { startLoad, visitorsOf } from '../support/load.ts'
import { makeApp } from '../support/small-app.ts'
import { startDownloads, startTalks, type Talk } from '../support/visitors.ts'
import { createWorld, type World } from '../support/world.ts'

/** A little longer than a download that began just before a release. */
const DRAIN_SECONDS = DOWNLOAD.seconds + 2

let world: World
let actions: ReturnType<typeof createActions>
let repository: Repository
let id: string
beforeAll(async () => {
  const env = {
    SLIPWAY_DOMAIN: 'example.com',
    SLIPWAY_DRAIN_SECONDS: `${DRAIN_SECONDS}`,
    SLIPWAY_RECONCILE_SECONDS: '3600',
  }
  world = await createWorld({ env })
  actions = createActions(world)
  repository = await makeApp(world, busyApp('release 1'))
  id = (await world.deploy({ githubUrl: repository.url, subdomain: 'busy', overrides: { stopSeconds: 5 } })).id
})
afterAll(() => world.destroy())

const placeOf = (subdomain: string) => ({ port: world.slipway.httpPort, hostname: actions.hostOf(subdomain) })
const statusOf = async (release: number) =>
  (await world.slipway.api('GET', `/api/status/${id}?release=${release}`)).body
const stepOf = (status: any, name: string) => status.steps.find((it: any) => it.name === name)

test('five redeploys, one that fails, a rollback and a restart of Slipway cost no visitor a request', async () => {
  const began = Date.now()
  const loads = visitorsOf(placeOf('busy')).map(startLoad)
  const downloads = startDownloads(placeOf('busy'))
  const talks = startTalks(placeOf('busy'))
  await sleep(1000)
  await playDayOfReleases(world, repository, id)

  const [talked, downloaded] = await Promise.all([talks.stop(), downloads.stop()])
  const seen = await Promise.all(loads.map((load) => load.stop()))
  const seconds = (Date.now() - began) / 1000
  for (const { name, answers, failures } of seen) {
    expect({ name, failures: failures.slice(0, 5) }).toEqual({ name, failures: [] })
    expect(answers, name).toBeGreaterThan(30 * seconds)
  }
  expect(seen.reduce((sum, { answers }) => sum + answers, 0)).toBeGreaterThan(500 * seconds)
  expect(downloaded).toEqual({ whole: expect.any(Number), failures: [] })
  expect(downloaded.whole).toBeGreaterThan(1)
  await expectWholeTalks(talked)
})

/** A socket may be closed by a release, but never sooner than the drain time after the first one it has met. */
async function expectWholeTalks(talks: Talk[]): Promise<void> {
  expect(talks.flatMap((it) => it.failures)).toEqual([])
  const releases = await Promise.all(LIVE_RELEASES.map(statusOf))
  const published = releases.map((it) => Date.parse(stepOf(it, 'publish-vhost').startedAt))
  const cut = talks.slice(0, -1)
  expect(cut.length).toBeGreaterThan(0)
  for (const { openedAt, closedAt } of cut) {
    const next = published.find((at) => at > openedAt) ?? Number.POSITIVE_INFINITY
    expect(closedAt - next).toBeGreaterThanOrEqual(DRAIN_SECONDS * 1000)
  }
}

test('what was replaced is gone once it is drained, and the release that failed is still explained', async () => {
  expect(await world.settled(id)).toMatchObject({ status: 'running', liveRelease: 8 })
  expect(await actions.text('busy')).toBe('release 8')
  const { containers, ports } = await world.inventory()
  expect(containers).toEqual([`/${world.slipway.instance}-busy-8`])
  expect(ports).toHaveLength(1)

  const failed = await statusOf(FAILED_RELEASE)
  expect(stepOf(failed, 'await-health')).toMatchObject({ state: 'failed', error: { code: 'app_exited' } })
  const { lines } = (await world.slipway.api('GET', `/api/logs/${id}?kind=build&release=${FAILED_RELEASE}`)).body
  expect(lines.map((it: any) => it.text).join('\n')).toContain('no database')
})

test('visitors who take their time hold up neither another app nor the next release', async () => {
  const talks = startTalks(placeOf('busy'))
  await sleep(500)
  await redeploy(world, repository, id, 9)
  const other = await makeApp(
    world,
    "process.on('SIGTERM', () => {})\nrequire('node:http').createServer((_, response) => response.end()).listen(8000)\n",
  )
  const input = { githubUrl: other.url, subdomain: 'other', overrides: { stopSeconds: 1 } }
  const { body } = await world.slipway.api('POST', '/api/deployments', input)
  await actions.untilStatus(body.deployment.id, 'running')
  await redeploy(world, repository, id, 10)
  await talks.stop()
  expect(await world.settled(id)).toMatchObject({ status: 'running', liveRelease: 10, overrides: { stopSeconds: 5 } })

  const { entries } = (await world.slipway.api('GET', `/api/deployments/${id}/ledger`)).body
  const stopped = entries.find((it: any) => it.release === 8 && it.kind === 'container' && it.state === 'removed')
  for (const status of [await world.status(body.deployment.id), await statusOf(10)])
    expect(stepOf(status, 'check-out').startedAt < stopped.at).toBe(true)

  const began = Date.now()
  await world.remove(body.deployment.id)
  expect(Date.now() - began).toBeLessThan(9_000)
  expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-busy-10`])
})

test('a bad release is rolled back at once, while the last visitors of the good one are still served', async () => {
  const talks = startTalks(placeOf('busy'))
  await sleep(500)
  await redeploy(world, repository, id, 11)
  const { releases } = (await world.slipway.api('GET', `/api/deployments/${id}/releases`)).body
  expect(releases.find((it: any) => it.release === 10).status).toBe('retiring')

  await rollBack(world, id, 10, 12)
  expect(await actions.text('busy')).toBe('release 10')
  expect((await talks.stop()).flatMap((it) => it.failures)).toEqual([])
})
