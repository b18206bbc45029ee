import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { listReleases, updateRelease } from '../../server/db/releases.ts'
import { createFollow } from '../../server/deploy/poll/follow.ts'
import { idleQueue, makePreviewWorld } from '../support/preview-world.ts'

const [first, second] = ['1'.repeat(40), '2'.repeat(40)] as const

test('a commit that could not be deployed is found again in the next round, and once it could be, no more', async () => {
  const { db, deps, id, app } = await makePreviewWorld()
  const commit = { sha: first, message: '', author: '', at: '' }
  await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'live', commit })
  await db.deleteFrom('jobs').execute()
  const follow = createFollow(deps, idleQueue)
  const look = async () => follow(await app(), { tips: new Map([[null, { sha: second }]]), api: undefined })

  await sql`create trigger full before insert on jobs begin select raise(abort, 'disk is full'); end`.execute(db)
  await expect(look()).rejects.toThrow('disk is full')
  await sql`drop trigger full`.execute(db)
  await look()
  await look()
  expect((await listReleases(db, id)).map((it) => it.cause.sha)).toEqual([second, undefined])
})
