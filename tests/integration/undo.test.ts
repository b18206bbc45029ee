import { existsSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../support/slipway.ts'
import { stepNames } from '../support/steps.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let before: Awaited<ReturnType<World['inventory']>>

beforeAll(async () => {
  const interfere = path.join(root, 'tests', 'support', 'interfere.ts')
  world = await createWorld({
    cloudflare: true,
    github: true,
    nodeArgs: ['--import', interfere],
    env: { SLIPWAY_START_TIMEOUT_SECONDS: '2' },
  })
  // The first deploy makes the tunnel, which stays.
  const repository = await world.repository('hello-static')
  await world.remove((await world.deploy({ githubUrl: repository.url, subdomain: 'first' })).id)
  before = await world.inventory()
})
afterAll(() => world.destroy())
afterEach(() => rmSync(path.join(world.slipway.dataDir, 'interfere'), { force: true }))

/** The steps of a release that serves already: a cancel comes too late. */
const LIVE = new Set(['retire-previous', 'connect-webhook', 'run-schedules', 'run-post-deploy'])

/** Nothing of the deployment is left but its own rows. */
async function expectOnlyRowsLeft() {
  const { tables: _rows, ...left } = await world.inventory()
  const { tables: _rowsBefore, ...wanted } = before
  expect(left).toEqual(wanted)
}

const dockerfile = (...lines: string[]) => ({ Dockerfile: `FROM debian:bookworm-slim\n${lines.join('\n')}\n` })

describe('a deploy that fails leaves nothing but its reason, and delete leaves nothing at all', () => {
  test.each([
    ['a build that fails', dockerfile('RUN echo no luck && exit 3'), 'build-image', 'build_failed'],
    [
      'an app that exits',
      dockerfile('CMD ["sh", "-c", "echo missing DATABASE_URL; exit 4"]'),
      'await-health',
      'app_exited',
    ],
    ['an app that never answers', dockerfile('CMD ["sleep", "600"]'), 'await-health', 'app_not_answering'],
  ])('%s', async (name, files, step, code) => {
    const repository = await world.git.makeRepository('acme', name.replaceAll(' ', '-'))
    await repository.commit(files, 'An app')
    const app = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'fails',
      volumes: [{ name: 'data', path: '/data' }],
      overrides: { releaseCommand: 'true' },
    })
    expect(app).toMatchObject({ status: 'failed', error: { step, code } })
    await expectOnlyRowsLeft()
    await world.remove(app.id)
    expect(await world.inventory()).toEqual(before)
  })
})

describe('a cancel during each step undoes the release', () => {
  test.each(stepNames)('%s', async (step) => {
    const app = await heldAt(step)
    const wentLive = LIVE.has(step)
    const { deployment } = (await world.slipway.api('GET', `/api/deployments/${app.id}`)).body
    expect(deployment).toMatchObject({ isBusy: true, canCancel: !wentLive })
    const cancelled = await world.slipway.api('POST', `/api/deployments/${app.id}/cancel`)
    expect(cancelled.status).toBe(202)
    letGo()
    const settled = await world.settled(app.id)
    expect(settled.status).toBe(wentLive ? 'running' : 'failed')
    if (!wentLive) {
      expect(settled.error.code).toBe('cancelled')
      await expectOnlyRowsLeft()
    }
    await world.remove(app.id)
    expect(await world.inventory()).toEqual(before)
  })
})

describe('a delete during each step takes everything', () => {
  test.each(stepNames)('%s', async (step) => {
    const app = await heldAt(step)
    const receipt = world.remove(app.id)
    await untilDeleting(app.id)
    letGo()
    expect((await receipt).entries.filter((entry: any) => !entry.verified)).toEqual([])
    expect(await world.inventory()).toEqual(before)
  })
})

test('a delete while the build really runs ends the build', async () => {
  const repository = await world.git.makeRepository('acme', 'slow')
  await repository.commit(dockerfile('RUN echo started && sleep 300', 'CMD ["sleep", "600"]'), 'Slow')
  const { body } = await world.slipway.api('POST', '/api/deployments', { githubUrl: repository.url, subdomain: 'slow' })
  const { id } = body.deployment
  await until(async () =>
    JSON.stringify((await world.slipway.api('GET', `/api/logs/${id}`)).body.lines ?? []).includes('started'),
  )
  const asked = Date.now()
  await world.remove(id)
  expect(Date.now() - asked).toBeLessThan(60_000)
  expect(await world.inventory()).toEqual(before)
})

/** A deployment whose deploy waits right before the step's effect. */
async function heldAt(step: string): Promise<{ id: string }> {
  writeFileSync(path.join(world.slipway.dataDir, 'interfere'), `hold apply ${step} before`)
  const repository = await world.repository('hello-static')
  const { body } = await world.slipway.api('POST', '/api/deployments', {
    githubUrl: repository.url,
    subdomain: 'held',
    volumes: [{ name: 'data', path: '/data' }],
    overrides: { releaseCommand: 'true' },
  })
  await until(async () => existsSync(path.join(world.slipway.dataDir, 'interfere-reached')))
  return body.deployment
}

const letGo = () => rmSync(path.join(world.slipway.dataDir, 'interfere'))

const untilDeleting = (id: string) =>
  until(async () => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment?.status === 'deleting')

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    if (await condition()) return
    await sleep(25)
  }
  throw new Error(`it did not happen:\n${world.slipway.output().slice(-2000)}`)
}
