import { expect, test } from 'vitest'
import { findKeyOfDeployment, listDeployKeys } from '../../../server/db/deploy-keys.ts'
import { listDeployments, updateDeployment } from '../../../server/db/deployments.ts'
import { insertJob, listJobs, startJob, turnIntoUndo } from '../../../server/db/jobs.ts'
import { listReleases } from '../../../server/db/releases.ts'
import { changeApp, createApp, deleteApp, redeployApp, switchApp } from '../../../server/deploy/commands.ts'
import { dropDeployKey, makeDeployKey } from '../../../server/deploy/deploy-keys.ts'
import { deployNewest } from '../../../server/deploy/deploy-newest.ts'
import { setStatus } from '../../../server/deploy/status.ts'
import { createTakeDelivery } from '../../../server/deploy/take-delivery.ts'
import { makePreviewWorld, idleQueue as queue } from '../../support/preview-world.ts'

/** What is asked for at once takes turns at the database, query by query. */

test.each([
  ['a deploy', redeployApp],
  ['a stop', (...[deps, , app]: Parameters<typeof redeployApp>) => switchApp(deps, queue, app, 'stop')],
  [
    'a change',
    (...[deps, , app]: Parameters<typeof redeployApp>) => changeApp(deps, queue, app, () => ({ name: 'b' })),
  ],
])('%s that is asked for while the app is deleted does not come after the delete', async (_, ask) => {
  const { db, deps, id, app } = await makePreviewWorld()
  await updateDeployment(db, id, { liveRelease: 1 })
  const before = await app()
  await Promise.allSettled([ask(deps, queue, before), deleteApp(deps, queue, before, { keepVolumes: false })])
  expect((await listJobs(db)).at(-1)?.kind).toBe('remove')
  expect(await app()).toMatchObject({ status: 'deleting' })
})

test('a status that is written while the app is deleted does not hide that', async () => {
  const { deps, id, app } = await makePreviewWorld()
  const before = await app()
  await Promise.all([setStatus(deps, id, 'stopped'), deleteApp(deps, queue, before, { keepVolumes: false })])
  expect(await app()).toMatchObject({ status: 'deleting' })
})

test('to delete what has gone meanwhile is fine', async () => {
  const { deps, app } = await makePreviewWorld()
  const gone = { ...(await app()), id: 'gone' }
  await expect(deleteApp(deps, queue, gone, { keepVolumes: false })).resolves.toBeUndefined()
})

test('a deploy that became an undo since it was listed does not begin', async () => {
  const { db, id } = await makePreviewWorld()
  await insertJob(db, id, 'deploy', 1)
  const [job] = await listJobs(db)
  if (!job) throw new Error('there is no job')
  await turnIntoUndo(db, job.id)
  expect(await startJob(db, job)).toBe(false)
  expect(await startJob(db, { ...job, kind: 'undo' })).toBe(true)
})

test('a commit that the webhook and the poll find at once is deployed once', async () => {
  const { db, deps, id, app } = await makePreviewWorld()
  const before = await app()
  const sha = 'c'.repeat(40)
  await Promise.all((['push', 'poll'] as const).map((kind) => deployNewest(deps, queue, before, { kind, sha })))
  expect(await listReleases(db, id)).toHaveLength(2)
})

test('a deploy key is either deleted, or the new app has it', async () => {
  const { db, deps } = await makePreviewWorld()
  const githubUrl = 'https://github.com/acme/private'
  const key = await makeDeployKey(deps, githubUrl)
  const wish = { name: 'private', githubUrl, branch: null, rootDir: '', subdomain: 'private', template: null }
  const app = { ...wish, overrides: {}, volumes: [], env: [], deployKeyId: key.id }
  await Promise.allSettled([dropDeployKey(deps, key.id), createApp(deps, queue, app)])
  const made = (await listDeployments(db)).find((it) => it.subdomain === 'private')
  if (made) expect(await findKeyOfDeployment(db, made.id)).toMatchObject({ id: key.id })
  expect(await listDeployKeys(db)).toHaveLength(made ? 1 : 0)
})

test('a delivery for an app that goes in that moment is answered', async () => {
  const { db, deps, id, app } = await makePreviewWorld()
  const before = await app()
  const take = createTakeDelivery(deps, queue)
  const remove = async () => {
    await db.deleteFrom('releases').where('deployment_id', '=', id).execute()
    await db.deleteFrom('deployments').where('id', '=', id).execute()
  }
  const event = { id: 'one', name: 'ping', digest: 'd', payload: {} }
  const [outcome] = await Promise.all([take(before, event), remove()])
  expect(outcome).toMatchObject({ deployed: false })
})
