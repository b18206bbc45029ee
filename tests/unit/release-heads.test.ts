import { expect, test } from 'vitest'
import { findDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { insertRelease, listReleaseHeads, updateRelease } from '../../server/db/releases.ts'
import type { Db, ReleaseStatus } from '../../server/db/schema.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

async function addReleases(db: Db, deploymentId: string, statuses: ReleaseStatus[]) {
  const deployment = await findDeployment(db, deploymentId)
  if (!deployment) throw new Error('it was just made')
  for (const status of statuses) await updateRelease(db, await insertRelease(db, deployment), { status })
}

/** Releases 2 to 51 are gone; then one that is live, a failed one, one that is undone and one that waits. */
async function makeHistory(db: Db, subdomain: string): Promise<string> {
  const id = await makeDeployment(db, subdomain)
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'pruned' })
  const old = Array.from({ length: 50 }, (): ReleaseStatus => 'pruned')
  await addReleases(db, id, [...old, 'live', 'failed', 'undoing', 'failed', 'queued'])
  await updateDeployment(db, id, { liveRelease: 52 })
  return id
}

test('of a long history the newest release is read, the live one, and those on their way', async () => {
  const db = await makeDatabase()
  const ids = [await makeHistory(db, 'one'), await makeHistory(db, 'two')]
  const fresh = await makeDeployment(db, 'fresh')
  const heads = Map.groupBy(await listReleaseHeads(db), (it) => it.deploymentId)
  for (const id of ids) expect(heads.get(id)?.map((it) => it.number)).toEqual([56, 54, 52])
  expect(heads.get(fresh)).toMatchObject([{ number: 1, status: 'queued' }])
  expect((await listReleaseHeads(db, ids[0])).map((it) => it.number)).toEqual([56, 54, 52])
})
