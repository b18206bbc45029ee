import { expect, test } from 'vitest'
import { causeWords, headline, releaseWords, whyNoRollback } from '../../web/src/deployments/releases.ts'

const release = (status: Parameters<typeof releaseWords>[0]['status'], failure: string | null = null) => ({
  status,
  failure,
})

test('a release that gave way or was called back is told neutrally, one that failed is not', () => {
  expect(releaseWords(release('failed', 'superseded'))).toEqual({ tone: 'none', word: 'a newer one took its place' })
  expect(releaseWords(release('undoing', 'cancelled')).tone).toBe('none')
  expect(releaseWords(release('failed', 'build_failed')).tone).toBe('bad')
  expect(releaseWords(release('failed')).tone).toBe('bad')
  expect(headline(4, 'failed', 'superseded')).toBe('Release 4 gave way to a newer push')
})

test('who or what asked for a release', () => {
  expect(causeWords({ kind: 'push', by: 'ada' })).toBe('pushed by ada')
  expect(causeWords({ kind: 'poll' })).toBe('found by polling')
  expect(causeWords({ kind: 'pull_request', by: 'ada' })).toBe('pull request by ada')
  expect(causeWords({ kind: 'user', by: 'admin' })).toBe('asked for by admin')
  expect(causeWords({ kind: 'user' })).toBeUndefined()
})

test('one can roll back to what was live and has its image; else it is told why not, where that is not plain', () => {
  expect(whyNoRollback(release('retired'))).toBeUndefined()
  expect(whyNoRollback(release('pruned'))).toContain('image is gone')
  expect(whyNoRollback(release('failed', 'build_failed'))).toContain('never went live')
  expect(whyNoRollback(release('failed', 'superseded'))).toBe('')
  expect(whyNoRollback(release('live'))).toBe('')
})
