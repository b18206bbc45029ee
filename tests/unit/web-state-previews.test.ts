import { expect, test } from 'vitest'
import type { DeploymentView } from '../../server/http/views.ts'
import { needsApproval, previewsOf, problemsOfPreviews, toPreviewsInput } from '../../web/src/deployments/previews.ts'
import { standingOf } from '../../web/src/deployments/status.ts'

const preview = (number: number, request = {}, more = {}) =>
  ({
    previewOf: 'shop',
    isDeleting: false,
    pullRequest: { number, sha: 'b'.repeat(40), isFork: true, ...request },
    ...more,
  }) as DeploymentView

test('an app has the previews of its own, the newest pull request first', () => {
  const apps = [preview(3), preview(12), preview(5, {}, { previewOf: 'blog' }), preview(7, {}, { previewOf: null })]
  expect(previewsOf(apps, 'shop').map((it) => it.pullRequest.number)).toEqual([12, 3])
})

test('a commit of a fork is to be looked at until that very commit was approved', () => {
  const asks = (it: DeploymentView) => previewsOf([it], 'shop').some(needsApproval)
  expect(asks(preview(1))).toBe(true)
  expect(asks(preview(1, { approvedSha: 'a'.repeat(40) }))).toBe(true)
  expect(asks(preview(1, { approvedSha: 'b'.repeat(40) }))).toBe(false)
  expect(asks(preview(1, { isFork: false }))).toBe(false)
  expect(asks(preview(1, {}, { isDeleting: true }))).toBe(false)
})

test('a preview that waits is on hold, and was not stopped', () => {
  const error = { code: 'approval_needed', message: 'Look at it.' }
  expect(standingOf({ status: 'stopped', error })).toBe('held')
  expect(standingOf({ status: 'stopped', error: { ...error, code: 'internal' } })).toBe('stopped')
  expect(standingOf({ status: 'running', error })).toBe('running')
})

test('limits left empty are those of the app, and what the server would refuse is told', () => {
  const form = { isEnabled: true, forks: false, most: '5', days: '14', memoryMb: ' ', cpus: '0,5' }
  expect(toPreviewsInput(form)).toEqual({ isEnabled: true, forks: false, most: 5, days: 14, memoryMb: null, cpus: 0.5 })
  expect(problemsOfPreviews(form)).toEqual({})
  expect(Object.keys(problemsOfPreviews({ ...form, most: '0', days: '', memoryMb: '1', cpus: 'x' }))).toEqual([
    'most',
    'days',
    'memoryMb',
    'cpus',
  ])
})
