import { describe, expect, test } from 'vitest'
import { listPreviews, updateDeployment } from '../../server/db/deployments.ts'
import { updateRelease } from '../../server/db/releases.ts'
import { createTakeDelivery, type Event } from '../../server/deploy/take-delivery.ts'
import { idleQueue, makePreviewWorld } from '../support/preview-world.ts'
import { pullRequestEvent } from '../support/pull-request.ts'

/** An app with previews that hears of pull request 7. `sent` tells the same each time that it is given. */
async function makeHearing() {
  const world = await makePreviewWorld()
  const take = createTakeDelivery(world.deps, idleQueue)
  let count = 0
  const send = async (event: Pick<Event, 'name' | 'digest' | 'payload'>) => {
    count += 1
    return take(await world.app(), { id: `delivery-${count}`, ...event })
  }
  const about = (action: string): Pick<Event, 'name' | 'digest' | 'payload'> => ({
    name: 'pull_request',
    digest: action,
    payload: pullRequestEvent(action, { base: 'acme/app', number: 7, sha: '1'.repeat(40) }),
  })
  return { ...world, send, about }
}

test('what was heard of before is not heard of again under another id: a preview that is open again stays', async () => {
  const { db, about, send } = await makeHearing()
  await send(about('opened'))
  await send(about('closed'))
  const [preview] = await listPreviews(db)
  if (!preview) throw new Error('there is no preview')
  await updateDeployment(db, preview.id, { status: 'running' })
  expect(await send(about('closed'))).toEqual({ deployed: false, reason: 'This delivery was taken already.' })
  expect(await listPreviews(db)).toMatchObject([{ status: 'running' }])
})

describe('a push that comes late', () => {
  const push = (pushedAt: number, after: string, message = 'Say hello') => ({
    name: 'push',
    digest: after,
    payload: {
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after,
      head_commit: { message },
      repository: { full_name: 'acme/app', default_branch: 'main', pushed_at: pushedAt },
      sender: { login: 'ada' },
    },
  })
  const [older, newer] = ['1'.repeat(40), '2'.repeat(40)] as const

  test('is not deployed once a newer one was', async () => {
    const { send } = await makeHearing()
    expect(await send(push(2, newer))).toMatchObject({ deployed: true })
    expect(await send(push(1, older))).toEqual({ deployed: false, reason: 'A newer push was heard of already.' })
  })

  test('is not deployed where the newer one is live already', async () => {
    const { db, id, send } = await makeHearing()
    const commit = { sha: newer, message: '', author: '', at: '' }
    await updateRelease(db, { deploymentId: id, number: 1 }, { status: 'live', commit })
    await updateDeployment(db, id, { liveRelease: 1 })
    expect(await send(push(2, newer))).toEqual({ deployed: false, reason: 'This commit is live already.' })
    expect(await send(push(1, older))).toMatchObject({ deployed: false })
  })

  test('is deployed where the newer one asked not to be', async () => {
    const { send } = await makeHearing()
    expect(await send(push(2, newer, 'Mend a word [skip ci]'))).toMatchObject({ deployed: false })
    expect(await send(push(1, older))).toMatchObject({ deployed: true })
  })
})
