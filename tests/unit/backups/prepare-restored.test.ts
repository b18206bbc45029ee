import { expect, test } from 'vitest'
import { findBackup, insertBackup, updateBackup } from '../../../server/db/backups.ts'
import { findDeployment, updateDeployment } from '../../../server/db/deployments.ts'
import { insertJob, listJobs } from '../../../server/db/jobs.ts'
import { findRelease, insertRelease, listReleases, updateRelease } from '../../../server/db/releases.ts'
import { prepareRestored } from '../../../server/deploy/backups/prepare-restored.ts'
import { readRestored } from '../../../server/deploy/restored.ts'
import { manifestOf } from '../../support/backup-file.ts'
import { makeDatabase, makeDeployment } from '../../support/temp-database.ts'

const source = { manifest: manifestOf(), name: 'made.tar.gz.age', size: 100 }
const commit = { sha: 'a'.repeat(40), message: 'First', author: 'Ada', at: new Date(0).toISOString() }
type Database = Awaited<ReturnType<typeof makeDatabase>>

/** An app of three releases: one that was live before, one that is, and one that is being deployed. */
async function makeLive(db: Database, subdomain: string, changes: { stopped?: boolean } = {}): Promise<string> {
  const id = await makeDeployment(db, subdomain)
  const deployment = await findDeployment(db, id)
  if (!deployment) throw new Error('no deployment')
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'retired', commit })
  await updateRelease(db, await insertRelease(db, { ...deployment, env: 'sealed then' }), {
    status: 'live',
    commit,
    containerId: 'c',
  })
  await updateDeployment(db, id, { liveRelease: 2, status: 'running', env: 'sealed later', ...changes })
  return id
}
const jobsOf = async (db: Database, id: string) =>
  (await listJobs(db, { deploymentId: id })).map(({ kind, release }) => [kind, release])

test('an app that was live is deployed again as it was: from its commit, with the variables of then', async () => {
  const db = await makeDatabase()
  const id = await makeLive(db, 'shop')
  expect(await prepareRestored(db, source)).toBe(1)
  expect(await jobsOf(db, id)).toEqual([['deploy', 3]])
  const release = await findRelease(db, id, 3)
  expect(release).toMatchObject({ status: 'queued', cause: { kind: 'restore' }, env: 'sealed then', imageFrom: null })
  expect(release?.inputs.commit).toBe(commit.sha)
  // The old one is taken down when the new one serves; what is older has no image here.
  expect((await listReleases(db, id)).map((it) => it.status)).toEqual(['queued', 'live', 'pruned'])
  expect(await findDeployment(db, id)).toMatchObject({ status: 'queued', liveRelease: 2 })
  expect((await findRelease(db, id, 2))?.containerId).toBeNull()
})

test('of one that was stopped that stays written down until it is live', async () => {
  const db = await makeDatabase()
  const id = await makeLive(db, 'asleep', { stopped: true })
  await prepareRestored(db, source)
  expect(await jobsOf(db, id)).toEqual([['deploy', 3]])
  expect((await findDeployment(db, id))?.stopped).toBe(true)
})

test('a deploy that waited gives way; one that had begun is undone first', async () => {
  const db = await makeDatabase()
  const id = await makeLive(db, 'shop')
  const deployment = await findDeployment(db, id)
  if (!deployment) throw new Error('no deployment')
  const waiting = await insertRelease(db, deployment)
  await insertJob(db, id, 'deploy', waiting.number)
  await prepareRestored(db, source)
  expect(await jobsOf(db, id)).toEqual([['deploy', 4]])
  expect((await findRelease(db, id, 3))?.dropped).toBe('superseded')
})

test('what was never live, or was being deleted, stays as it was', async () => {
  const db = await makeDatabase()
  const first = await makeDeployment(db, 'first')
  await insertJob(db, first, 'deploy', 1)
  const doomed = await makeLive(db, 'doomed')
  await updateDeployment(db, doomed, { status: 'deleting' })
  await insertJob(db, doomed, 'remove')
  expect(await prepareRestored(db, source)).toBe(0)
  expect(await jobsOf(db, first)).toEqual([['deploy', 1]])
  expect(await jobsOf(db, doomed)).toEqual([['remove', null]])
})

test('the backup that it came from counts as made, and holds nobody', async () => {
  const db = await makeDatabase()
  const place = { kind: 'folder' as const, folder: '/mnt' }
  const id = source.manifest.id
  await insertBackup(db, { id, name: 'x', cause: 'user', target: place, startedAt: source.manifest.createdAt })
  await updateBackup(db, id, { held: [{ id: 'c', name: 'c', deploymentId: 'd', how: 'pause' }] })
  await prepareRestored(db, source)
  expect(await findBackup(db, id)).toMatchObject({ state: 'succeeded', size: 100, held: [] })
  expect(await readRestored(db)).toMatchObject({ madeAt: source.manifest.createdAt, name: 'made.tar.gz.age' })
})
