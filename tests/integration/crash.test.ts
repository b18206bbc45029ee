import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Repository } from '../support/git-server.ts'
import { createKilling, KILLABLE } from '../support/killing.ts'
import { effectSteps, stepNames } from '../support/steps.ts'
import { createWorld, type World } from '../support/world.ts'

/** Gone when the deploy is over, so a delete finds nothing of them to revert. */
const TRANSIENT = new Set([
  'hold-hostname',
  'check-out',
  'run-pre-deploy',
  'run-release-command',
  'run-post-deploy',
  // Has something only while a job runs: see schedules.test.ts.
  'run-schedules',
])

/** Where there is something to run only when one of these is killed: each costs a container. */
const HOOKS = new Set(['run-pre-deploy', 'run-post-deploy'])

const moments = ['before', 'after'] as const
const applyMoments = stepNames.flatMap((step) => moments.map((moment) => ({ step, moment })))
const removeMoments = effectSteps
  .filter((step) => !TRANSIENT.has(step))
  .flatMap((step) => moments.map((moment) => ({ step, moment })))

let world: World
let repository: Repository
let watched: Watched
let empty: Awaited<ReturnType<World['inventory']>>
let killing: ReturnType<typeof createKilling>

beforeAll(async () => {
  world = await createWorld({
    cloudflare: true,
    github: true,
    nodeArgs: KILLABLE,
    env: { SLIPWAY_RECONCILE_SECONDS: '1', SLIPWAY_DRAIN_SECONDS: '1' },
  })
  killing = createKilling(world)
  repository = await world.repository('hello-static')
  const neighbour = await world.deploy({ githubUrl: repository.url, subdomain: 'neighbour' })
  expect(neighbour.error).toBeUndefined()
  watched = watch('neighbour.example.com')
  empty = await world.inventory()
})
afterAll(async () => {
  watched?.stop()
  await world.destroy()
  expect(world.github?.violations).toEqual([])
})
/** The neighbour's and the app's. */
const apart = expect.any(String)

describe('killed around each step of a first deploy, then started again', () => {
  test.each(applyMoments)('$moment $step', async ({ step, moment }) => {
    killing.killAt(`apply ${step} ${moment}`)
    const { body } = await world.slipway.api('POST', '/api/deployments', {
      githubUrl: repository.url,
      subdomain: 'app',
      volumes: [{ name: 'data', path: '/data' }],
      overrides: { releaseCommand: 'true' },
    })
    await killing.comeBack()
    const app = await world.settled(body.deployment.id)
    expect({ status: app.status, error: app.error }).toEqual({ status: 'running', error: undefined })
    expect((await world.ask('app.example.com')).status).toBe(200)
    expect((await world.inventory()).webhooks).toHaveLength(2)
    await killing.expectCalm()
    await world.remove(app.id)
    expect(await world.inventory()).toEqual(empty)
    await expectNeighbourUntouched()
  })
})

describe('killed around each step of a redeploy, then started again', () => {
  let id: string
  beforeAll(async () => {
    id = (await world.deploy({ githubUrl: repository.url, subdomain: 'again', overrides: { releaseCommand: 'true' } }))
      .id
    watched.add('again.example.com')
  })
  afterAll(async () => {
    watched.remove('again.example.com')
    await world.remove(id)
    expect(await world.inventory()).toEqual(empty)
  })

  test.each(applyMoments)('$moment $step', async ({ step, moment }) => {
    const hooks = HOOKS.has(step) && { preDeployCommand: 'true', postDeployCommand: 'true' }
    const overrides = { releaseCommand: 'true', ...hooks }
    await world.slipway.api('PATCH', `/api/deployments/${id}`, { overrides, deploy: 'later' })
    killing.killAt(`apply ${step} ${moment}`)
    const { release } = (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment
    await world.slipway.api('POST', `/api/deployments/${id}/redeploy?rebuild=true`)
    await killing.comeBack()
    const app = await world.settled(id)
    expect(app).toMatchObject({ status: 'running', release: release + 1 })
    expect(await world.inventory()).toMatchObject({ containers: [apart, apart], webhooks: [apart, apart] })
    await killing.expectCalm()
    await expectNeighbourUntouched()
  })
})

describe('killed around each step of a delete, then started again', () => {
  test.each(removeMoments)('$moment $step', async ({ step, moment }) => {
    const app = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'app',
      volumes: [{ name: 'data', path: '/data' }],
      overrides: { releaseCommand: 'true' },
    })
    killing.killAt(`revert ${step} ${moment}`)
    await world.slipway.api('DELETE', `/api/deployments/${app.id}`)
    await killing.comeBack()
    const receipt = await receiptOf(app.id)
    expect(receipt.entries.filter((entry: any) => !entry.verified)).toEqual([])
    expect(await world.inventory()).toEqual(empty)
    await killing.expectCalm()
    await expectNeighbourUntouched()
  })
})

test('a deploy that kills the server twice is not tried a third time', async () => {
  killing.killAt('apply build-image before')
  const { body } = await world.slipway.api('POST', '/api/deployments', {
    githubUrl: repository.url,
    subdomain: 'killer',
  })
  await world.slipway.ended()
  killing.killAt('apply build-image before')
  await world.slipway.start().catch(() => undefined)
  await killing.comeBack()
  const app = await world.settled(body.deployment.id)
  expect(app).toMatchObject({ status: 'failed', error: { code: 'interrupted' } })
  await world.remove(app.id)
  expect(await world.inventory()).toEqual(empty)
})

async function receiptOf(id: string): Promise<any> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const { status, body } = await world.slipway.api('GET', `/api/receipts/${id}`)
    if (status === 200) return body.receipt
    await sleep(25)
  }
  throw new Error(`no receipt:\n${world.slipway.output().slice(-3000)}`)
}

async function expectNeighbourUntouched(): Promise<void> {
  expect(watched.failures).toEqual([])
}

type Watched = { failures: string[]; add(hostname: string): void; remove(hostname: string): void; stop(): void }

/** Asks the other apps for their page all the time; each answer that is not 200 is a failure. */
function watch(first: string): Watched {
  const hostnames = new Set([first])
  const failures: string[] = []
  let stopped = false
  const loop = async () => {
    while (!stopped) {
      for (const hostname of hostnames) {
        const status = await world.ask(hostname).then((answer) => answer.status, String)
        if (status !== 200 && hostnames.has(hostname)) failures.push(`${hostname}: ${status}`)
      }
      await sleep(20)
    }
  }
  void loop()
  return {
    failures,
    add: (hostname) => void hostnames.add(hostname),
    remove: (hostname) => void hostnames.delete(hostname),
    stop: () => {
      stopped = true
    },
  }
}
