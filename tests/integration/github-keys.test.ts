import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { withoutComment } from '../../server/ssh-key.ts'
import { type Repository, startGitServer } from '../support/git-server.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { everyPermission, newState } from '../support/github-state.ts'
import { argumentLists } from '../support/processes.ts'
import { root } from '../support/slipway.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { type SshGitServer, startSshGitServer } from '../support/ssh-git-server.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let github: GithubStandIn
let ssh: SshGitServer
let repository: Repository
let name: string
let empty: Record<string, string[]>

beforeAll(async () => {
  github = await startGithub()
  const git = await startGitServer()
  ssh = await startSshGitServer(git.folder)
  world = await createWorld({
    git,
    nodeArgs: ['--import', path.join(root, 'tests', 'support', 'interfere.ts')],
    env: {
      SLIPWAY_GITHUB_API_URL: github.apiUrl,
      SLIPWAY_GITHUB_SSH: ssh.address,
      SLIPWAY_LOG_LEVEL: 'trace',
      SLIPWAY_DRAIN_SECONDS: '1',
    },
  })
  repository = await makeApp(world, echo)
  name = `acme/${path.basename(repository.url)}`
  github.state.repositories.push({ full_name: name, archived: false, permissions: { push: true } })
  // Nobody but who has a key, or GitHub's token, gets in.
  world.git.protect('acme', path.basename(repository.url), github.token)
  github.state.onKeys = (keys) =>
    ssh.allow(Object.fromEntries(Object.entries(keys).map(([of, list]) => [of, list.map((it) => it.key)])))
  empty = await world.inventory()
})
afterAll(async () => {
  await world.destroy()
  await ssh.stop()
  await github.stop()
  expect(github.violations).toEqual([])
})
afterEach(() => {
  github.state.permissions = everyPermission()
})

const api = (method: string, address: string, body?: unknown) => world.slipway.api(method, address, body)
const makeKey = async () => (await api('POST', '/api/deploy-keys', { githubUrl: repository.url })).body.deployKey
const listKeys = async () => (await api('GET', '/api/deploy-keys')).body.deployKeys
const effectsOf = async (id: string): Promise<any[]> =>
  (await api('GET', `/api/deployments/${id}/ledger`)).body.entries.filter((it: any) => it.kind === 'deploy-key')
const atGithub = () => github.state.keys[name] ?? []
const interfere = (moment: string) => writeFileSync(path.join(world.slipway.dataDir, 'interfere'), moment)
async function expectNothingLeft(): Promise<void> {
  expect(await world.inventory()).toEqual(empty)
  expect(await listKeys()).toEqual([])
  expect(readdirSync(path.join(world.slipway.dataDir, 'git-home', 'keys'))).toEqual([])
}

describe('a deploy key, without a token', () => {
  let key: any

  test('is made for one repository; its private part is nowhere to be read', async () => {
    const { status, body } = await api('POST', '/api/deploy-keys', { githubUrl: name })
    key = body.deployKey
    expect(status).toBe(201)
    expect(key).toEqual({
      id: expect.any(String),
      githubUrl: repository.url,
      publicKey: expect.stringMatching(/^ssh-ed25519 AAAA\S+ swtest/),
      addAt: `${repository.url}/settings/keys/new`,
      deploymentId: null,
      createdAt: expect.any(String),
    })
    expect(await listKeys()).toEqual([key])
    for (const file of readdirSync(world.slipway.dataDir).filter((it) => it.startsWith('slipway.db')))
      expect(() => execFileSync('grep', ['-q', 'OPENSSH', path.join(world.slipway.dataDir, file)])).toThrow()
  })

  test('opens nothing until somebody adds it, and is asked for by what looks at the repository', async () => {
    const before = await api('POST', '/api/repository', { githubUrl: name })
    expect(before.body).toMatchObject({ code: 'repository_not_found', hint: expect.stringContaining('deploy key') })
    ssh.allow({ [name]: [key.publicKey] })
    expect((await api('POST', '/api/repository', { githubUrl: name })).body).toMatchObject({ isPrivate: true })
    const plan = await api('POST', '/api/plan', { githubUrl: name, subdomain: 'closed', deployKeyId: key.id })
    expect(plan.body).toMatchObject({ branch: 'main', problems: [] })
  })

  test('clones the app; while that goes on and afterwards it is in no argument list, no file of the clone, no log, no image', async () => {
    const letGo = await ssh.hold()
    const { status, body } = await api('POST', '/api/deployments', {
      githubUrl: name,
      subdomain: 'closed',
      deployKeyId: key.id,
    })
    expect(status).toBe(202)
    const { id } = body.deployment
    const ours = async () => (await argumentLists()).filter((list) => list.includes(world.slipway.dataDir))
    while (!(await ours()).some((list) => list.startsWith('ssh -F'))) await sleep(20)
    expect((await argumentLists()).filter((list) => list.includes('PRIVATE KEY'))).toEqual([])
    interfere('hold apply check-out after')
    await letGo()
    while (!existsSync(path.join(world.slipway.dataDir, 'interfere-reached'))) await sleep(20)
    const checkout = path.join(world.slipway.dataDir, 'checkouts', `${id}-1`)
    expect(existsSync(path.join(checkout, '.git', 'config'))).toBe(true)
    expect(() => execFileSync('grep', ['-rE', 'PRIVATE KEY|git-home', checkout])).toThrow(/Command failed/)
    rmSync(path.join(world.slipway.dataDir, 'interfere'))

    const app = await world.settled(id)
    expect({ status: app.status, error: app.error }).toEqual({ status: 'running', error: undefined })
    const image = world.docker.getImage(app.dockerImage)
    const log = await api('GET', `/api/logs/${id}?kind=build`)
    const everything = JSON.stringify([await image.inspect(), await image.history(), log.body, world.slipway.output()])
    expect(everything).not.toContain('PRIVATE KEY')
    expect((await effectsOf(id)).filter((it) => it.state !== 'removed')).toEqual([])
    expect(await listKeys()).toMatchObject([{ id: key.id, deploymentId: id }])
  })

  test('belongs to its app: it is tested with the connection, no other takes it, and it goes with the app', async () => {
    const [{ deploymentId }] = await listKeys()
    const tested = (await api('POST', '/api/connections/github/test')).body
    expect(tested.checks).toContainEqual({ name: `Deploy key of ${name}`, ok: true, message: expect.any(String) })
    expect(await api('DELETE', `/api/deploy-keys/${key.id}`)).toMatchObject({ status: 409 })
    const second = { githubUrl: name, subdomain: 'second', deployKeyId: key.id }
    expect(await api('POST', '/api/deployments', second)).toMatchObject({ status: 400, body: { field: 'deployKeyId' } })
    const receipt = await world.remove(deploymentId)
    expect(receipt.entries.filter((it: any) => it.kind === 'deploy-key' && !it.verified)).toEqual([])
    await expectNothingLeft()
  })

  test('that no app took can be deleted; of another repository it is refused', async () => {
    const other = await makeKey()
    const wrong = { githubUrl: 'acme/other', subdomain: 'other', deployKeyId: other.id }
    expect(await api('POST', '/api/deployments', wrong)).toMatchObject({ status: 400, body: { field: 'deployKeyId' } })
    expect((await api('DELETE', `/api/deploy-keys/${other.id}`)).status).toBe(204)
    expect((await api('DELETE', `/api/deploy-keys/${other.id}`)).status).toBe(404)
    await expectNothingLeft()
  })
})

describe('a deploy key, with a token', () => {
  beforeAll(async () => {
    expect((await api('PUT', '/api/connections/github', { token: github.token })).status).toBe(200)
  })
  afterEach(() => {
    github.state.keys = newState().keys
  })

  async function deploy(): Promise<{ key: any; app: any }> {
    const key = await makeKey()
    const app = await world.deploy({ githubUrl: name, subdomain: 'keyed', deployKeyId: key.id })
    expect({ status: app.status, error: app.error }).toEqual({ status: 'running', error: undefined })
    return { key, app }
  }

  test('that may, is added to the repository read-only, and taken away with the app', async () => {
    const { key, app } = await deploy()
    const title = `slipway:${world.slipway.instance}:${key.id}`
    expect(atGithub()).toMatchObject([{ title, key: withoutComment(key.publicKey), read_only: true }])
    expect(await effectsOf(app.id)).toMatchObject([{ name: title, state: 'present', step: 'add-deploy-key' }])
    const receipt = await world.remove(app.id)
    expect(receipt.entries).toContainEqual(expect.objectContaining({ name: title, verified: true }))
    expect(atGithub()).toEqual([])
    await expectNothingLeft()
  })

  test('that may not, has to be added by hand: that is no effect of ours', async () => {
    github.state.permissions = { ...everyPermission(), administration: false }
    const key = await makeKey()
    ssh.allow({ [name]: [key.publicKey] })
    const app = await world.deploy({ githubUrl: name, subdomain: 'keyed', deployKeyId: key.id })
    expect(app.error).toBeUndefined()
    expect((await effectsOf(app.id)).filter((it) => it.state !== 'removed')).toEqual([])
    await world.remove(app.id)
    await expectNothingLeft()
  })

  test('that lost its permission meanwhile, leaves the key, and the receipt says so', async () => {
    const { key, app } = await deploy()
    github.state.permissions = { ...everyPermission(), administration: false }
    const receipt = await world.remove(app.id)
    const [entry] = receipt.entries.filter((it: any) => it.name.endsWith(key.id))
    expect(entry).toMatchObject({ kept: true, verified: false, removedAt: null })
    await expectNothingLeft()
  })

  test.each([
    ['apply', 'before'],
    ['apply', 'after'],
    ['revert', 'before'],
    ['revert', 'after'],
  ])('killed at the %s of the step, %s it: nothing is doubled, and nothing stays', async (what, moment) => {
    const comeBack = async () => {
      await world.slipway.ended()
      await world.slipway.start()
    }
    const key = await makeKey()
    if (what === 'apply') interfere(`kill apply add-deploy-key ${moment}`)
    const { body } = await api('POST', '/api/deployments', { githubUrl: name, subdomain: 'keyed', deployKeyId: key.id })
    if (what === 'apply') await comeBack()
    const app = await world.settled(body.deployment.id)
    expect({ status: app.status, error: app.error }).toEqual({ status: 'running', error: undefined })
    expect(atGithub()).toHaveLength(1)

    if (what === 'revert') interfere(`kill revert add-deploy-key ${moment}`)
    expect((await api('DELETE', `/api/deployments/${app.id}`)).status).toBe(202)
    if (what === 'revert') await comeBack()
    await expect.poll(async () => (await api('GET', `/api/receipts/${app.id}`)).status, { timeout: 30_000 }).toBe(200)
    expect(atGithub()).toEqual([])
    await expectNothingLeft()
  })
})
