import { expect, test } from 'vitest'
import { listPreviews, updateDeployment } from '../../server/db/deployments.ts'
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
