import { expect, test } from 'vitest'
import { describePreview, type Standing } from '../../server/deploy/previews/comment-text.ts'

const [one, two] = ['1'.repeat(40), '2'.repeat(40)] as const
const pullRequest = { number: 7, title: '', author: '', branch: '', sha: one, isFork: false, url: '' }
const commit = (sha: string) => ({ sha, message: '', author: '', at: '' })

const describe = ({
  preview,
  releases = [],
  ...more
}: { preview?: Partial<Standing['preview']> } & Partial<Omit<Standing, 'preview'>>) =>
  describePreview({
    preview: { liveRelease: null, error: null, status: 'queued', pullRequest, ...preview },
    releases,
    address: 'https://shop-pr-7.example.com',
    logs: 'https://slipway.example.com/apps/1/logs',
    ...more,
  })

test('one that is built for the first time has no address yet', () => {
  expect(describe({ releases: [{ number: 1, status: 'queued', commit: null }] })).toBe(
    'Commit `1111111` is being built.',
  )
})

test('one that is live has its address and commit, also while the next is built', () => {
  const live = { number: 1, status: 'live', commit: commit(one) } as const
  const shows = 'https://shop-pr-7.example.com shows commit `1111111`.'
  expect(describe({ preview: { liveRelease: 1 }, releases: [live] })).toBe(shows)
  const next = { number: 2, status: 'running', commit: commit(two) } as const
  expect(describe({ preview: { liveRelease: 1 }, releases: [next, live] })).toBe(
    `${shows}\n\nCommit \`2222222\` is being built.`,
  )
})

test('a failure says what it was and where the log is, and nothing of what was printed', () => {
  const error = { step: 'build-image', code: 'build_failed', message: 'hunter2 @everyone <img src=x>' } as const
  const text = describe({ preview: { error }, releases: [{ number: 3, status: 'failed', commit: commit(one) }] })
  expect(text).toBe(
    'Commit `1111111` did not go live: `build_failed` at build-image. [Its log](https://slipway.example.com/apps/1/logs?kind=build&release=3) says why.',
  )
})

test('a push that took the place of another is no failure', () => {
  const error = { code: 'superseded', message: 'Release 2 took its place.' } as const
  const releases = [{ number: 1, status: 'failed', commit: commit(one) }] as const
  expect(describe({ preview: { error }, releases: [...releases] })).toBe('')
})

test('what a restart interrupted did not fail: it is built again', () => {
  expect(describe({ releases: [{ number: 1, status: 'undoing', commit: commit(one) }] })).toBe('')
})

test('a fork that was pushed to says that the new commit waits, beside what is live', () => {
  const fork = { ...pullRequest, isFork: true, approvedSha: one, sha: two }
  const releases = [{ number: 1, status: 'live', commit: commit(one) }] as const
  expect(describe({ preview: { liveRelease: 1, pullRequest: fork }, releases: [...releases] })).toContain(
    'Commit `2222222` of this fork waits',
  )
})
