import { expect, test } from 'vitest'
import { defaultDelivery } from '../../server/db/deployments.ts'
import { checkDelivery } from '../../server/http/check-input.ts'

test('what is not told stays as it was, and a limit that is null is given up', () => {
  const before = { ...defaultDelivery, previews: { ...defaultDelivery.previews, memoryMb: 128, cpus: 0.5 } }
  const after = checkDelivery({ keepReleases: 2, previews: { isEnabled: true, cpus: null } }, before)
  expect(after).toEqual({
    ...defaultDelivery,
    keepReleases: 2,
    previews: { ...defaultDelivery.previews, isEnabled: true, memoryMb: 128 },
  })
})
