import { beforeEach, describe, expect, test } from 'vitest'
import { defaultDelivery, type EnvVariable, listPreviews, updateDeployment } from '../../server/db/deployments.ts'
import { deleteJob, listJobs } from '../../server/db/jobs.ts'
import { findRelease, listReleases } from '../../server/db/releases.ts'
import type { Db } from '../../server/db/schema.ts'
import { changeApp, deleteApp, redeployApp, rollBackApp } from '../../server/deploy/commands.ts'
import { openEnv, sealEnv } from '../../server/deploy/context.ts'
import { approve } from '../../server/deploy/previews/approve.ts'
import { tendPreviews } from '../../server/deploy/previews/rounds.ts'
import { onPullRequest, readPullRequestEvent } from '../../server/deploy/previews.ts'
import type { Deps } from '../../server/deps.ts'
import { idleQueue, makePreviewWorld } from '../support/preview-world.ts'
import { pullRequestEvent } from '../support/pull-request.ts'
import { makeDeployment } from '../support/temp-database.ts'

const [one, two, three] = ['1', '2', '3'].map((it) => it.repeat(40)) as [string, string, string]
const variable = (key: string, more: Partial<EnvVariable> = {}): EnvVariable => ({
  key,
  value: `${key} of the app`,
  secret: false,
  buildTime: false,
  ...more,
})
const env = [
  variable('PLAIN'),
  variable('FOR_BUILD', { buildTime: true }),
  variable('KEY', { secret: true }),
  variable('BUILD_KEY', { secret: true, buildTime: true }),
]

let db: Db
let deps: Deps
let appId: string
let app: Awaited<ReturnType<typeof makePreviewWorld>>['app']
let setPreviews: Awaited<ReturnType<typeof makePreviewWorld>>['setPreviews']
const queue = idleQueue

beforeEach(async () => {
  ;({ db, deps, id: appId, app, setPreviews } = await makePreviewWorld())
  await updateDeployment(db, appId, { env: sealEnv(deps, appId, env) })
})

async function send(action: string, number: number, sha: string, from?: string) {
  const event = readPullRequestEvent(pullRequestEvent(action, { base: 'acme/app', number, sha, ...(from && { from }) }))
  if (!event) throw new Error('that is no event')
  return onPullRequest(deps, queue, await app(), event)
}

async function previewOf(number: number) {
  const found = (await listPreviews(db, appId)).find((it) => it.pullRequest?.number === number)
  if (!found) throw new Error(`there is no preview of ${number}`)
  return found
}
const releasesOf = async (number: number) => listReleases(db, (await previewOf(number)).id)
async function variablesOf(number: number) {
  const [release] = await releasesOf(number)
  return release && openEnv(deps, release.deploymentId, release.env).map((it) => it.key)
}
/** As if the queue had done everything. */
async function finish(number: number) {
  for (const job of await listJobs(db, { deploymentId: (await previewOf(number)).id })) await deleteJob(db, job.id)
}

describe('a pull request of the repository itself', () => {
  test('gets a preview: a deployment of its own, with what its app has', async () => {
    await updateDeployment(db, appId, { volumes: [{ name: 'data', path: '/data' }], rootDir: 'web' })
    expect(await send('opened', 7, one)).toMatchObject({ deployed: true })
    const preview = await previewOf(7)
    expect(preview).toMatchObject({ subdomain: 'app-pr-7', status: 'queued', rootDir: 'web', previewOf: appId })
    expect(preview.volumes).toEqual([{ name: 'data', path: '/data' }])
    expect(preview.delivery).toMatchObject({ autoDeploy: false, previews: { isEnabled: false } })
    expect(await releasesOf(7)).toMatchObject([{ number: 1, cause: { kind: 'pull_request', sha: one } }])
  })

  test('gets none where previews are off', async () => {
    await setPreviews({ isEnabled: false })
    expect(await send('opened', 7, one)).toEqual({ deployed: false, outcome: 'Previews are off.' })
    expect(await listPreviews(db)).toEqual([])
  })

  test('of another repository is none of ours', async () => {
    const event = readPullRequestEvent(pullRequestEvent('opened', { base: 'acme/other', number: 7, sha: one }))
    if (!event) throw new Error('that is no event')
    expect(await onPullRequest(deps, queue, await app(), event)).toMatchObject({ deployed: false })
    expect(await listPreviews(db)).toEqual([])
  })

  test('that is told of twice has one preview and one release', async () => {
    await send('opened', 7, one)
    expect(await send('opened', 7, one)).toMatchObject({ deployed: false })
    expect(await releasesOf(7)).toHaveLength(1)
  })

  test('that was pushed to is deployed anew, and stays longer', async () => {
    await send('opened', 7, one)
    await finish(7)
    await updateDeployment(db, (await previewOf(7)).id, { expiresAt: '2026-01-01T00:00:00.000Z' })
    expect(await send('synchronize', 7, two)).toMatchObject({ deployed: true })
    expect(await releasesOf(7)).toMatchObject([{ number: 2, cause: { sha: two } }, { number: 1 }])
    const days = (Date.parse((await previewOf(7)).expiresAt ?? '') - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(defaultDelivery.previews.days)
  })

  test('that is closed is removed with its volumes; closing it again changes nothing', async () => {
    await send('opened', 7, one)
    await send('closed', 7, one)
    await send('closed', 7, one)
    expect(await previewOf(7)).toMatchObject({ status: 'deleting', keepVolumes: false })
    expect(await listJobs(db, { deploymentId: (await previewOf(7)).id })).toMatchObject([{ kind: 'remove' }])
    expect(await send('synchronize', 7, two)).toMatchObject({ deployed: false })
  })

  test('whose name is taken is told so', async () => {
    await makeDeployment(db, 'app-pr-7')
    expect((await send('opened', 7, one)).outcome).toContain('app-pr-7, which another app has')
    expect(await listPreviews(db)).toEqual([])
  })
})

describe('the environment', () => {
  test('is that of the app without what is secret', async () => {
    await send('opened', 7, one)
    expect(await variablesOf(7)).toEqual(['PLAIN', 'FOR_BUILD'])
  })

  test('is that of previews where one is set, with its secrets, but not for a fork', async () => {
    await setPreviews({ forks: true })
    const own = [variable('STAGE'), variable('TEST_KEY', { secret: true })]
    await updateDeployment(db, appId, { previewEnv: sealEnv(deps, appId, own) })
    await send('opened', 7, one)
    expect(await variablesOf(7)).toEqual(['STAGE', 'TEST_KEY'])
    await send('opened', 8, two, 'eve/app')
    await approve(deps, queue, await previewOf(8), two)
    expect(await variablesOf(8)).toEqual(['STAGE'])
  })

  test('follows the app: what became a secret is not there after the next deploy, whoever asks for it', async () => {
    await send('opened', 7, one)
    await updateDeployment(db, appId, { env: sealEnv(deps, appId, [variable('PLAIN', { secret: true })]) })
    await redeployApp(deps, queue, await previewOf(7))
    expect(await variablesOf(7)).toEqual([])
  })

  test('and the settings of a preview are not changed by themselves, nor rolled back', async () => {
    await send('opened', 7, one)
    const change = changeApp(deps, queue, await previewOf(7), () => ({ env: [variable('KEY', { secret: true })] }))
    await expect(change).rejects.toMatchObject({ code: 'not_possible_now' })
    await expect(rollBackApp(deps, queue, await previewOf(7), 1)).rejects.toMatchObject({ code: 'not_possible_now' })
  })
})

describe('limits', () => {
  test('of previews go over those of the app', async () => {
    await updateDeployment(db, appId, { overrides: { memoryMb: 1024, cpus: 2, port: 8000 } })
    await setPreviews({ memoryMb: 128 })
    await send('opened', 7, one)
    expect((await previewOf(7)).overrides).toEqual({ memoryMb: 128, cpus: 2, port: 8000 })
  })

  test('of a fork are not for its own slipway.json to say', async () => {
    await setPreviews({ forks: true })
    await send('opened', 7, one, 'eve/app')
    expect((await previewOf(7)).overrides).toEqual({ memoryMb: 512, cpus: 1 })
  })
})

describe('more pull requests than previews', () => {
  beforeEach(() => setPreviews({ most: 1 }))

  test('wait, and are told so; none that is there is dropped', async () => {
    await send('opened', 7, one)
    expect(await send('opened', 8, two)).toMatchObject({ deployed: false })
    expect(await previewOf(8)).toMatchObject({ status: 'stopped', error: { code: 'preview_limit' } })
    expect(await releasesOf(8)).toEqual([])
    expect(await releasesOf(7)).toHaveLength(1)
    const again = redeployApp(deps, queue, await previewOf(8))
    await expect(again).rejects.toMatchObject({ code: 'preview_limit' })
  })

  test('begin by themselves when there is room, the oldest first', async () => {
    await send('opened', 7, one)
    for (const [number, sha] of [
      [8, two],
      [9, three],
    ] as const)
      await send('opened', number, sha)
    await tendPreviews(deps, queue)
    expect(await releasesOf(8)).toEqual([])
    await setPreviews({ most: 2 })
    await tendPreviews(deps, queue)
    expect(await previewOf(8)).toMatchObject({ status: 'queued', error: null })
    expect(await releasesOf(9)).toEqual([])
  })

  test('are not kept without end: anybody can open one', async () => {
    for (let number = 1; number <= 51; number++) await send('opened', number, one)
    expect((await send('opened', 52, one)).outcome).toContain('wait for a preview already')
    expect(await listPreviews(db, appId)).toHaveLength(51)
  })
})

describe('a fork', () => {
  const fork = 'eve/app'

  test('gets no preview where forks may not have one', async () => {
    expect((await send('opened', 7, one, fork)).outcome).toBe('Previews of forks are off.')
    expect(await listPreviews(db)).toEqual([])
  })

  describe('that may have one', () => {
    beforeEach(() => setPreviews({ forks: true }))

    test('waits for an approval, whatever is asked meanwhile', async () => {
      await send('opened', 7, one, fork)
      expect(await previewOf(7)).toMatchObject({ status: 'stopped', error: { code: 'approval_needed' } })
      await expect(redeployApp(deps, queue, await previewOf(7))).rejects.toMatchObject({ code: 'approval_needed' })
      await send('reopened', 7, one, fork)
      await send('synchronize', 7, two, fork)
      await tendPreviews(deps, queue)
      expect(await releasesOf(7)).toEqual([])
      expect(await listJobs(db, { deploymentId: (await previewOf(7)).id })).toEqual([])
    })

    test('runs the commit that was approved, and no other is approved by it', async () => {
      await send('opened', 7, one, fork)
      await expect(approve(deps, queue, await previewOf(7), two)).rejects.toMatchObject({ field: 'sha' })
      expect(await releasesOf(7)).toEqual([])
      await approve(deps, queue, await previewOf(7), one)
      expect(await releasesOf(7)).toMatchObject([{ cause: { kind: 'pull_request', sha: one } }])
      expect(await variablesOf(7)).toEqual(['PLAIN', 'FOR_BUILD'])
    })

    test('that is pushed to after that goes on with what was approved until the new commit is, too', async () => {
      await send('opened', 7, one, fork)
      await approve(deps, queue, await previewOf(7), one)
      await finish(7)
      expect((await send('synchronize', 7, two, fork)).outcome).toContain('waits for an approval')
      expect(await releasesOf(7)).toHaveLength(1)
      expect((await previewOf(7)).pullRequest).toMatchObject({ sha: two, approvedSha: one })
      await approve(deps, queue, await previewOf(7), two)
      expect(await findRelease(db, (await previewOf(7)).id, 2)).toMatchObject({ cause: { sha: two } })
    })

    test('cannot be approved once forks are not allowed any more', async () => {
      await send('opened', 7, one, fork)
      await setPreviews({ forks: false })
      await expect(approve(deps, queue, await previewOf(7), one)).rejects.toMatchObject({ code: 'not_possible_now' })
    })

    test('that is approved while there is no room waits for it', async () => {
      await setPreviews({ most: 1 })
      await send('opened', 6, three)
      await send('opened', 7, one, fork)
      await approve(deps, queue, await previewOf(7), one)
      expect(await previewOf(7)).toMatchObject({ status: 'stopped', error: { code: 'preview_limit' } })
    })
  })
})

describe('the end', () => {
  test('comes when nobody pushed for some days', async () => {
    await send('opened', 7, one)
    await send('opened', 8, two)
    await updateDeployment(db, (await previewOf(7)).id, { expiresAt: new Date(Date.now() - 1).toISOString() })
    await tendPreviews(deps, queue)
    expect(await previewOf(7)).toMatchObject({ status: 'deleting' })
    expect(await previewOf(8)).toMatchObject({ status: 'queued' })
  })

  test('comes with that of the app, which takes no new ones then', async () => {
    await send('opened', 7, one)
    await deleteApp(deps, queue, await app(), { keepVolumes: true })
    expect(await previewOf(7)).toMatchObject({ status: 'deleting', keepVolumes: false })
    expect(await send('opened', 8, two)).toMatchObject({ deployed: false })
    expect(await listPreviews(db, appId)).toHaveLength(1)
  })
})
