import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Repository } from '../support/git-server.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { happen } from '../support/github-pulls.ts'
import { createKilling, KILLABLE } from '../support/killing.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { effectSteps, stepNames } from '../support/steps.ts'
import { createWorld, type World } from '../support/world.ts'

/** A preview has none of them to take away when it goes: they went with its deploy, or are its app's. */
const NOT_ITS_OWN = new Set([
  'hold-hostname',
  'check-out',
  'run-pre-deploy',
  'run-release-command',
  'run-post-deploy',
  'run-schedules',
  'connect-webhook',
  'route-tunnel',
  'point-dns',
])
const moments = stepNames.map((step, index) => ({
  number: index + 1,
  step,
  takenAway: effectSteps.includes(step) && !NOT_ITS_OWN.has(step),
}))

let world: World
let github: GithubStandIn
let repository: Repository
let base: string
let app: any
let killing: ReturnType<typeof createKilling>
let before: Awaited<ReturnType<World['inventory']>>

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
  repository = await makeApp(world, echo)
  base = new URL(repository.url).pathname.slice(1)
  github.state.repositories.push({ full_name: base, archived: false, permissions: { push: true } })
  app = await world.deploy({
    githubUrl: repository.url,
    subdomain: 'shop',
    volumes: [{ name: 'data', path: '/data' }],
    overrides: { releaseCommand: 'true' },
    delivery: { previews: { isEnabled: true } },
  })
  expect(app.error).toBeUndefined()
  before = await world.inventory()
})
afterAll(async () => {
  await world.destroy()
  await github.stop()
})

/** GitHub tells, and does not repeat what nobody answered. */
const tell = (action: string, number: number, sha: string) =>
  happen(github.state, action, { base, number, sha }).catch(() => undefined)

async function previewOf(number: number): Promise<any> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { previews } = (await world.slipway.api('GET', `/api/deployments/${app.id}/previews`)).body
    const found = previews.find((it: any) => it.pullRequest.number === number)
    if (found) return found
    await sleep(50)
  }
  throw new Error(`there is no preview of ${number}:\n${world.slipway.output().slice(-3000)}`)
}

test.each(moments)('a preview is whole and goes whole, killed at $step', async ({ number, step, takenAway }) => {
  const sha = await repository.commit({ note: `${number}` }, `Change ${number}`, `topic-${number}`)
  await repository.pull(number, sha)
  killing.killAt(`apply ${step} before`)
  await tell('opened', number, sha)
  await killing.comeBack()
  const preview = await world.settled((await previewOf(number)).id)
  expect({ status: preview.status, error: preview.error }).toEqual({ status: 'running', error: undefined })
  expect((await world.ask(`shop-pr-${number}.localhost`)).status).toBe(200)
  expect((await world.ask('shop.localhost')).status).toBe(200)
  await killing.expectCalm()

  if (takenAway) killing.killAt(`revert ${step} after`)
  await tell('closed', number, sha)
  if (takenAway) await killing.comeBack()
  await expect
    .poll(async () => (await world.slipway.api('GET', `/api/receipts/${preview.id}`)).status, { timeout: 60_000 })
    .toBe(200)
  expect(await world.inventory()).toEqual(before)
  expect(github.state.pulls.comments.filter((it) => it.on === `${base}#${number}`)).toHaveLength(1)
  expect((await world.ask('shop.localhost')).status).toBe(200)
  await killing.expectCalm()
})
