import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Repository } from '../support/git-server.ts'
import { dockerfile, echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const SECRET = 'hunter2-hunter2'
const overrides = {
  preDeployCommand: 'echo "before, in $(cat version): $TOKEN"; echo kept > /data/backup',
  releaseCommand: 'echo "release, in $(cat version)"',
  postDeployCommand: 'echo "after, in $(cat version), with a backup: $(cat /data/backup 2>/dev/null)"',
}

let world: World
let repository: Repository
let id: string

beforeAll(async () => {
  world = await createWorld()
  repository = await makeApp(world, echo, {
    Dockerfile: dockerfile.replace('COPY server.js .', 'COPY server.js version ./'),
    version: 'one',
  })
})
afterAll(() => world.destroy())

/** What the commands of a release printed. */
async function printed(release: number): Promise<string[]> {
  const { body } = await world.slipway.api('GET', `/api/logs/${id}?kind=build&release=${release}`)
  return body.lines
    .filter((it: any) => it.stream === 'stdout' && /^(before|release|after), /.test(it.text))
    .map((it: any) => it.text)
}

async function change(body: Record<string, unknown>): Promise<any> {
  expect((await world.slipway.api('PATCH', `/api/deployments/${id}`, body)).status).toBe(202)
  return world.settled(id)
}

/** How an app stands; an error that is not there is undefined. */
const standing = ({ status, release, error }: any) => ({ status, release, error })

const step = async (name: string) => (await world.status(id)).steps.find((it: any) => it.name === name)

test('nothing is live before the first deploy, so only its own commands run', async () => {
  const app = await world.deploy({
    githubUrl: repository.url,
    subdomain: 'hooks',
    overrides,
    env: [{ key: 'TOKEN', value: SECRET, secret: true }],
    volumes: [{ name: 'data', path: '/data' }],
  })
  expect(standing(app)).toEqual({ status: 'running', release: 1, error: undefined })
  id = app.id
  expect(await printed(1)).toEqual(['release, in one', 'after, in one, with a backup: '])
  expect(await step('run-pre-deploy')).toMatchObject({ state: 'done', isNeeded: false })
})

test('before a deploy the live version is asked, after it the new one, with the variables and volumes of each', async () => {
  await repository.commit({ version: 'two' }, 'Two')
  const app = await change({ env: [{ key: 'TOKEN', value: 'another-secret', secret: true }] })
  expect(standing(app)).toEqual({ status: 'running', release: 2, error: undefined })
  expect(await printed(2)).toEqual(['before, in one: ••••••', 'release, in two', 'after, in two, with a backup: kept'])
  expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-hooks-2`])
})

test('a command that fails before the deploy ends it, and the live version stays', async () => {
  const app = await change({ overrides: { ...overrides, preDeployCommand: 'echo no room for a backup; exit 3' } })
  expect(app).toMatchObject({
    status: 'running',
    release: 2,
    error: { step: 'run-pre-deploy', code: 'pre_deploy_failed', message: expect.stringContaining('exit code 3') },
  })
  expect(await printed(3)).toEqual([])
  expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-hooks-2`])
})

test('a command that fails after the deploy is told, and nothing is undone', async () => {
  const app = await change({ overrides: { postDeployCommand: 'exit 4' } })
  expect(app).toMatchObject({
    status: 'running',
    release: 4,
    error: { step: 'run-post-deploy', code: 'post_deploy_failed', message: expect.stringContaining('exit code 4') },
  })
  expect((await world.ask('hooks.localhost')).status).toBe(200)
  expect((await world.inventory()).containers).toEqual([`/${world.slipway.instance}-hooks-4`])
})

test('a rollback runs none of the commands, and clears what was told', async () => {
  await world.slipway.api('POST', `/api/deployments/${id}/rollback`, { release: 2 })
  expect(standing(await world.settled(id))).toEqual({ status: 'running', release: 5, error: undefined })
  expect(await printed(5)).toEqual([])
})

test('in a stopped app nothing is asked before the deploy', async () => {
  await world.slipway.api('POST', `/api/deployments/${id}/stop`)
  await expect
    .poll(async () => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment.status)
    .toBe('stopped')
  expect(await change({ overrides })).toMatchObject({ status: 'running', release: 6 })
  expect(await printed(6)).toEqual(['release, in two', 'after, in two, with a backup: kept'])
})

test('deleting it leaves nothing behind', async () => {
  const receipt = await world.remove(id)
  expect(receipt.entries.filter((it: any) => !it.verified)).toEqual([])
  expect(receipt.entries.map((it: any) => it.name)).toContain(`${world.slipway.instance}-hooks-2-pre`)
  const { containers, networks, volumes } = await world.inventory()
  expect([containers, networks, volumes]).toEqual([[], [], []])
})
