import { expect, test } from 'vitest'
import { hearingOf, problemsOfDelivery, toDeliveryInput } from '../../web/src/deployments/delivery.ts'

const form = { autoDeploy: true, watchPaths: '', keepReleases: '5' }
const delivery = {
  autoDeploy: true,
  watchPaths: [],
  keepReleases: 5,
  previews: { isEnabled: false, most: 5, days: 14, forks: false },
}
const now = Date.parse('2026-11-21T12:00:00Z')

test('paths stand on a line each, and what the server would refuse is told beside them', () => {
  const typed = { ...form, watchPaths: 'apps/web/**\r\n\n  package.json ' }
  expect(toDeliveryInput(typed).watchPaths).toEqual(['apps/web/**', 'package.json'])
  expect(problemsOfDelivery(typed)).toEqual({})
  expect(problemsOfDelivery({ ...form, watchPaths: 'ok\n../etc' })['delivery.watchPaths']).toMatch(/^\.\.\/etc is none/)
  expect(problemsOfDelivery({ ...form, watchPaths: 'a\n'.repeat(51) })['delivery.watchPaths']).toContain('At most 50')
})

test.each(['', '-1', '51', '1.5', 'five'])('%j releases are not to be kept', (keepReleases) => {
  expect(problemsOfDelivery({ ...form, keepReleases })).toHaveProperty(['delivery.keepReleases'])
})

test.each(['0', '50'])('%s releases are', (keepReleases) => {
  expect(problemsOfDelivery({ ...form, keepReleases })).toEqual({})
})

test('how pushes are heard is told with what to do about it', () => {
  const active = hearingOf({ delivery, webhook: { state: 'active', heardAt: '2026-11-21T11:50:00Z' } }, now)
  expect(active).toMatchObject({ tone: 'ok', detail: expect.stringContaining('10 minutes ago') })
  expect(hearingOf({ delivery, webhook: { state: 'created' } }, now).tone).toBe('warn')
  const failed = "GitHub's last delivery failed with status 502."
  expect(hearingOf({ delivery, webhook: { state: 'created', reason: failed } }, now)).toMatchObject({
    tone: 'warn',
    detail: failed,
    remedy: 'connect',
  })
  const reason = 'No token may make a webhook.'
  expect(hearingOf({ delivery, webhook: { state: 'unavailable', reason } }, now)).toMatchObject({
    detail: reason,
    remedy: 'connect',
  })
  expect(hearingOf({ delivery: { ...delivery, autoDeploy: false }, webhook: null }, now).tone).toBe('none')
})
