import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createActions, saying } from '../support/actions.ts'
import { type DockerDoor, openDockerDoor } from '../support/docker-door.ts'
import { root } from '../support/slipway.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'
import { killNginx } from '../torture/machine.ts'

/** What comes with the next round of the reconciler, 60 s later, comes too late. */
const SOON = { timeout: 12_000 }

let world: World
let door: DockerDoor
let actions: ReturnType<typeof createActions>
let id: string

beforeAll(async () => {
  door = await openDockerDoor()
  world = await createWorld({ cloudflare: true, env: { DOCKER_HOST: door.address } })
  actions = createActions(world)
  const repository = await makeApp(world, saying('here'))
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'steady' })
  id = app.id
})
afterAll(async () => {
  door.open()
  await world.destroy()
  await door.close()
})

const text = () => actions.text('steady').catch(String)
const container = () => world.docker.getContainer(`${world.slipway.instance}-steady-1`)

test('an nginx of our own that was killed is started again without waiting for the next round', async () => {
  expect(await text()).toBe('here')
  await killNginx(world)
  await expect.poll(text, SOON).toBe('here')
})

test('an app that ended while nobody listened to the engine is started again as soon as it answers', async () => {
  const { Id } = await container().inspect()
  door.hang()
  await container().kill()
  expect(await actions.show(id)).toMatchObject({ status: 'running' })
  door.open()
  await expect.poll(text, SOON).toBe('here')
  expect(await actions.show(id)).toMatchObject({ status: 'running' })
  expect((await container().inspect()).Id).toBe(Id)
})

test('an app that the engine started again while nobody listened is shown as running as soon as it answers', async () => {
  await container().kill()
  await expect.poll(async () => (await actions.show(id)).status, SOON).toBe('failed')
  door.hang()
  await container().start()
  door.open()
  await expect.poll(async () => (await actions.show(id)).status, SOON).toBe('running')
})

test('a container that somebody paused shows as that, not as one that has exited, and a restart lets it go on', async () => {
  await container().pause()
  await expect.poll(async () => (await actions.show(id)).status, SOON).toBe('failed')
  expect((await actions.show(id)).error).toMatchObject({
    code: 'app_paused',
    message: expect.stringContaining('paused'),
  })
  await container().unpause()
  await expect.poll(async () => (await actions.show(id)).status, SOON).toBe('running')
  expect((await actions.show(id)).error).toBeUndefined()

  await container().pause()
  await expect.poll(async () => (await actions.show(id)).status, SOON).toBe('failed')
  await actions.send('POST', `${id}/restart`)
  await actions.untilStatus(id, 'running')
  await expect.poll(text, SOON).toBe('here')
})

/** Why there can be no engine of our own on this machine; undefined when there can. */
function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'that takes root'
  const works = (program: string, ...args: string[]) => spawnSync(program, args).status === 0
  const program = ['unshare', 'ip', 'iptables', 'containerd', 'dockerd'].find((it) => !works('which', it))
  if (program !== undefined) return `there is no ${program}`
  return works('unshare', '--net', 'true') ? undefined : 'no network of its own can be made'
}

const missing = whatIsMissing()
const note = missing === undefined ? '' : ` (not tried here: ${missing})`

test.skipIf(missing !== undefined)(
  `when the engine, nginx and Slipway are killed at once, every app answers again by itself and nothing is made anew${note}`,
  async () => {
    const drill = ['tests/restarts/main.ts', '--apps', '3', '--only', 'all three', '--round', '2']
    const run = promisify(execFile)(process.execPath, drill, { cwd: root, env: { ...process.env, VITEST: '' } })
    const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`)
    })
    console.log(stdout.trim())
    expect(stdout).toMatch(/\| all three kill -9 \| 3 of 3 \|/)
    expect(stdout).not.toContain('WRONG')
  },
  120_000,
)
