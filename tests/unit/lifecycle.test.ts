import { expect, test } from 'vitest'
import { findDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { insertJob, listJobs } from '../../server/db/jobs.ts'
import { recordEffects } from '../../server/db/ledger.ts'
import { findRelease, insertRelease, saveStep, updateRelease } from '../../server/db/releases.ts'
import { runJob, type WhileDraining } from '../../server/deploy/lifecycle.ts'
import type { Deps } from '../../server/deps.ts'
import { createEventHub, type SlipwayEvent } from '../../server/events.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

const never = new AbortController().signal
const atOnce: WhileDraining = (work) => work({ byDeploy: never, byOther: never })

/** A deploy that ends where it would ask the machine, for there is none. Answers what was told of the release. */
async function makeWorld() {
  const db = await makeDatabase()
  const events = createEventHub()
  const told: Extract<SlipwayEvent, { type: 'release' }>[] = []
  events.subscribe((event) => event.type === 'release' && told.push(event))
  const config = { domain: 'example.com', dataDir: '/nowhere', githubUrl: 'https://github.com' }
  const secrets = { decrypt: () => '[]' }
  const metadataWall = { mode: 'off' }
  const deps = { db, events, config, secrets, metadataWall, log: console } as unknown as Deps
  const id = await makeDeployment(db)
  const run = async (kind: 'deploy' | 'undo') => {
    await insertJob(db, id, kind, 1)
    for (const job of await listJobs(db)) await runJob(deps, job, never, atOnce)
    return told
  }
  return { db, id, run, first: { deploymentId: id, number: 1 } }
}

test('a release that begins is not told as one that is taken back', async () => {
  const { run } = await makeWorld()
  expect((await run('deploy')).map((it) => it.status)).toEqual(['running', 'failed'])
})

test('one that was interrupted is, until what it had made is gone', async () => {
  const { db, id, run } = await makeWorld()
  await recordEffects(
    db,
    { deploymentId: id, release: 1, step: 'retire-previous' },
    [{ kind: 'x', name: 'x' }],
    'pending',
  )
  expect((await run('deploy')).map((it) => it.status)).toEqual(['undoing', 'running', 'failed'])
})

test.each(['superseded', 'cancelled'] as const)(
  'one that was interrupted and %s then ended by that',
  async (dropped) => {
    const { db, first, run } = await makeWorld()
    const error = { step: 'build-image', code: 'interrupted', message: 'Slipway is stopping.' } as const
    await saveStep(db, first, { name: 'build-image', position: 4, state: 'failed', error })
    await updateRelease(db, first, { status: 'undoing', dropped })
    expect(await run('undo')).toMatchObject([{ status: 'failed', error: { code: dropped } }])
  },
)

test('what was asked for of the live release is no failure of it when another has taken its place since', async () => {
  const { db, id, run, first } = await makeWorld()
  const deployment = await findDeployment(db, id)
  if (!deployment) throw new Error('there is no deployment')
  await updateRelease(db, await insertRelease(db, deployment), { status: 'live' })
  await updateDeployment(db, id, { liveRelease: 2, status: 'running' })
  await updateRelease(db, first, { status: 'retired' })
  expect(await run('undo')).toEqual([])
  expect(await findRelease(db, id, 1)).toMatchObject({ status: 'retired' })
  expect(await listJobs(db)).toEqual([])
})
