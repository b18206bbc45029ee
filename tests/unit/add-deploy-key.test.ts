import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createGithubApp } from '../../server/adapters/github-app.ts'
import { makeManifest } from '../../server/adapters/github-manifest.ts'
import { assignDeployKey, insertDeployKey } from '../../server/db/deploy-keys.ts'
import { updateDeployment } from '../../server/db/deployments.ts'
import { readApp, saveApp } from '../../server/db/github-app.ts'
import { listLedger } from '../../server/db/ledger.ts'
import { findRelease, insertRelease } from '../../server/db/releases.ts'
import { createContext } from '../../server/deploy/context.ts'
import { findDrift, makeAnew } from '../../server/deploy/reconcile.ts'
import { applyAll, revertAll } from '../../server/deploy/run.ts'
import { addDeployKey } from '../../server/deploy/steps/add-deploy-key.ts'
import { deployKeyTitle } from '../../server/names.ts'
import { makeSshKey } from '../../server/ssh-key.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { everyPermission } from '../support/github-state.ts'
import { makePreviewWorld } from '../support/preview-world.ts'

const steps = [addDeployKey]
let github: GithubStandIn
let world: Awaited<ReturnType<typeof makePreviewWorld>>
let title: string
let said: string[]

beforeEach(async () => {
  github = await startGithub()
  github.state.repositories.push({ full_name: 'acme/app', archived: false, permissions: { push: true } })
  world = await makePreviewWorld({
    githubApiUrl: github.apiUrl,
    githubToken: github.token,
    domain: 'x.y',
    dataDir: '/x',
  })
  const { publicKey, privateKey } = makeSshKey('test')
  const { githubUrl } = await world.app()
  const seal = (id: string) => world.deps.secrets.encrypt(privateKey, id)
  const key = await insertDeployKey(world.db, { githubUrl, publicKey, seal })
  await assignDeployKey(world.db, key.id, world.id)
  title = deployKeyTitle(world.deps.config.instance, key.id)
  said = []
})
afterEach(async () => {
  vi.useRealTimers()
  await github.stop()
  expect(github.violations).toEqual([])
})

/** A release whose key is looked after. Answers its number. */
async function deploy(origin: Parameters<typeof insertRelease>[2] = {}): Promise<number> {
  const { number } = await insertRelease(world.db, await world.app(), origin)
  const ctx = await createContext(world.deps, world.id, number, { say: (text) => said.push(text) })
  await applyAll(steps, ctx, async () => undefined)
  await updateDeployment(world.db, world.id, { liveRelease: number })
  return number
}
const context = (release: number) => createContext(world.deps, world.id, release)
const atGithub = () => (github.state.keys['acme/app'] ?? []).map((it) => it.title)
const ledger = async () => (await listLedger(world.db, world.id)).map(({ release, state }) => ({ release, state }))
const asked = () => github.requests.filter((it) => it.line.includes('/keys')).length
/** As the queue does, newest first or oldest first alike. */
async function remove(...releases: number[]) {
  await updateDeployment(world.db, world.id, { liveRelease: null, status: 'deleting' })
  for (const release of releases) await revertAll(steps, await context(release), 'deleted')
}

describe('the deploy key of a live app', () => {
  test('is looked for once an hour, and put back', async () => {
    const ctx = await context(await deploy())
    expect(await findDrift(ctx)).toEqual([])
    const before = asked()
    for (let round = 0; round < 5; round++) await findDrift(ctx)
    expect(asked()).toBe(before)

    github.state.keys['acme/app'] = []
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61 * 60_000 })
    expect(await findDrift(ctx)).toMatchObject([{ kind: 'deploy-key', name: title }])
    await makeAnew(ctx, 'add-deploy-key')
    expect(atGithub()).toEqual([title])
  })

  test.each(['500', 'html', 'rate limit'] as const)('is no drift while GitHub answers with “%s”', async (fault) => {
    const ctx = await context(await deploy())
    github.state.fault = fault
    expect(await findDrift(ctx)).toEqual([])
  })

  test('is no drift when nobody may look for it any more, nor when it was added again by hand', async () => {
    const ctx = await context(await deploy())
    github.state.permissions = { ...everyPermission(), administration: false }
    expect(await findDrift(ctx)).toEqual([])
    github.state.permissions = everyPermission()
    for (const key of github.state.keys['acme/app'] ?? []) key.title = 'by hand'
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61 * 60_000 })
    expect(await findDrift(ctx)).toEqual([])
  })

  test('that nobody may add again is not said to be put back', async () => {
    const ctx = await context(await deploy())
    github.state.keys['acme/app'] = []
    github.state.permissions = { ...everyPermission(), administration: false }
    await expect(makeAnew(ctx, 'add-deploy-key')).rejects.toThrow(/Administration → Read and write/)
  })
})

describe('a deploy', () => {
  test('does not fail over GitHub, which is told; a key that may be there stays on the ledger', async () => {
    const first = await deploy()
    github.state.fault = '500'
    const second = await deploy()
    expect(said.at(-1)).toMatch(/could not be found out.*500/)
    expect(await ledger()).toEqual([
      { release: first, state: 'present' },
      { release: second, state: 'pending' },
    ])
    github.state.fault = undefined
    await remove(first, second)
    expect(atGithub()).toEqual([])
    expect((await ledger()).map((it) => it.state)).toEqual(['removed', 'removed'])
  })

  test('to a version that was built before asks nothing', async () => {
    const first = await findRelease(world.db, world.id, await deploy())
    const before = asked()
    await deploy(first && { imageFrom: first })
    expect(asked()).toBe(before)
    expect(await ledger()).toHaveLength(1)
  })
})

describe('taking it away', () => {
  test('is the token’s to do, also when an App is installed by then', async () => {
    const number = await deploy()
    const { apiUrl } = github
    const app = createGithubApp({ apiUrl, load: () => readApp(world.deps) })
    await saveApp(
      world.deps,
      await app.exchange(github.submitManifest(makeManifest('https://slipway.example.com', true))),
    )
    const permissions = { ...github.state.app?.permissions }
    github.state.installations = [{ id: 7, account: 'acme', repositories: ['acme/app'], permissions, suspended: false }]
    world.deps.githubApp = app
    await remove(number)
    expect(atGithub()).toEqual([])
    expect(await ledger()).toEqual([{ release: number, state: 'removed' }])
    expect((await listLedger(world.db, world.id))[0]?.error).toBeNull()
  })

  test('asks GitHub no more often for many releases than for two', async () => {
    const numbers = []
    for (let count = 0; count < 6; count++) numbers.push(await deploy())
    const before = asked()
    await remove(...numbers)
    expect(asked() - before).toBe(5)
    expect((await ledger()).every((it) => it.state === 'removed')).toBe(true)
  })

  test('fails while GitHub cannot be asked', async () => {
    const number = await deploy()
    github.state.fault = '500'
    await expect(remove(number)).rejects.toThrow(/500/)
    expect(await ledger()).toEqual([{ release: number, state: 'removing' }])
  })
})
