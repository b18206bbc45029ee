import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createActions } from '../support/actions.ts'
import { busyApp, DOWNLOAD } from '../support/busy-app.ts'
import type { Repository } from '../support/git-server.ts'
import { startLoad, visitorsOf } from '../support/load.ts'
import { makeApp } from '../support/small-app.ts'
import { startDownloads, startTalks } from '../support/visitors.ts'
import { createWorld, type World } from '../support/world.ts'

/** A little longer than a download that began just before a release. */
const DRAIN_SECONDS = DOWNLOAD.seconds + 2

let world: World
let actions: ReturnType<typeof createActions>
let repository: Repository
let id: string
beforeAll(async () => {
  world = await createWorld({
    env: {
      SLIPWAY_DOMAIN: 'example.com',
      SLIPWAY_DRAIN_SECONDS: `${DRAIN_SECONDS}`,
      SLIPWAY_RECONCILE_SECONDS: '3600',
    },
  })
  actions = createActions(world)
  repository = await makeApp(world, busyApp('release 1'))
  id = (await world.deploy({ githubUrl: repository.url, subdomain: 'busy', overrides: { stopSeconds: 5 } })).id
})
afterAll(() => world.destroy())

/** Waits until a release serves; what it has replaced may still answer its last requests. */
async function untilLive(release: number): Promise<void> {
  await expect.poll(async () => (await actions.show(id)).liveRelease, { timeout: 60_000, interval: 100 }).toBe(release)
}

async function redeploy(release: number): Promise<void> {
  await repository.commit({ 'server.js': busyApp(`release ${release}`) }, `Make release ${release}`)
  await actions.send('POST', `${id}/redeploy`)
  await untilLive(release)
}

const statusOf = async (release: number) =>
  (await world.slipway.api('GET', `/api/status/${id}?release=${release}`)).body

const stepOf = (status: any, name: string) => status.steps.find((it: any) => it.name === name)

test('five redeploys, one that fails, a rollback and a restart of Slipway cost no visitor a request', async () => {
  const place = { port: world.slipway.httpPort, hostname: actions.hostOf('busy') }
  const began = Date.now()
  const loads = visitorsOf(place).map(startLoad)
  const downloads = startDownloads(place)
  const talks = startTalks(place)

  await sleep(1000)
  await redeploy(2)
  await redeploy(3)
  await world.slipway.terminate()
  await world.slipway.start()
  await redeploy(4)

  await repository.commit({ 'server.js': "throw new Error('no database')" }, 'Break it')
  await actions.send('POST', `${id}/redeploy`)
  await expect.poll(async () => (await actions.show(id)).error?.code, { timeout: 60_000 }).toBe('app_exited')
  expect(await actions.text('busy')).toBe('release 4')

  await redeploy(6)
  await actions.send('POST', `${id}/rollback`, { release: 3 })
  await untilLive(7)
  await redeploy(8)

  const talked = await talks.stop()
  const downloaded = await downloads.stop()
  const seen = await Promise.all(loads.map((load) => load.stop()))
  const seconds = (Date.now() - began) / 1000

  for (const { name, answers, failures } of seen) {
    expect({ name, failures: failures.slice(0, 5) }).toEqual({ name, failures: [] })
    expect(answers, name).toBeGreaterThan(50 * seconds)
  }
  expect(seen.reduce((sum, { answers }) => sum + answers, 0)).toBeGreaterThan(500 * seconds)
  expect(downloaded).toEqual({ whole: expect.any(Number), failures: [] })
  expect(downloaded.whole).toBeGreaterThan(1)
  await expectWholeTalks(talked)
})

/** A socket may be closed by a release, but never sooner than the drain time after the first one it has met. */
async function expectWholeTalks(talks: Awaited<ReturnType<ReturnType<typeof startTalks>['stop']>>): Promise<void> {
  expect(talks.flatMap((it) => it.failures)).toEqual([])
  const published: number[] = []
  for (const release of [2, 3, 4, 6, 7, 8]) {
    published.push(Date.parse(stepOf(await statusOf(release), 'publish-vhost').startedAt))
  }
  const cut = talks.slice(0, -1)
  expect(cut.length).toBeGreaterThan(0)
  for (const { openedAt, closedAt } of cut) {
    const next = published.find((at) => at > openedAt) ?? Number.POSITIVE_INFINITY
    expect(closedAt - next).toBeGreaterThanOrEqual(DRAIN_SECONDS * 1000)
  }
}

test('what was replaced is gone once it is drained, and the release that failed is still explained', async () => {
  expect(await world.settled(id)).toMatchObject({ status: 'running', liveRelease: 8 })
  const { containers, ports } = await world.inventory()
  expect(containers).toEqual([`/${world.slipway.instance}-busy-8`])
  expect(ports).toHaveLength(1)

  expect(stepOf(await statusOf(5), 'await-health')).toMatchObject({ state: 'failed', error: { code: 'app_exited' } })
  const { lines } = (await world.slipway.api('GET', `/api/logs/${id}?kind=build&release=5`)).body
  expect(lines.map((it: any) => it.text).join('\n')).toContain('no database')
})

test('visitors who take their time hold up neither another app nor the next release', async () => {
  const talks = startTalks({ port: world.slipway.httpPort, hostname: actions.hostOf('busy') })
  await sleep(500)
  await redeploy(9)
  const other = await makeApp(world, busyApp('another app'))
  const { body } = await world.slipway.api('POST', '/api/deployments', { githubUrl: other.url, subdomain: 'other' })
  await actions.untilStatus(body.deployment.id, 'running')
  await redeploy(10)
  await talks.stop()
  expect(await world.settled(id)).toMatchObject({ status: 'running', liveRelease: 10, overrides: { stopSeconds: 5 } })

  const { entries } = (await world.slipway.api('GET', `/api/deployments/${id}/ledger`)).body
  const stopped = entries.find((it: any) => it.release === 8 && it.kind === 'container' && it.state === 'removed')
  for (const status of [await world.status(body.deployment.id), await statusOf(10)])
    expect(stepOf(status, 'check-out').startedAt < stopped.at).toBe(true)
  await world.remove(body.deployment.id)
  expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-busy-10`])
})
