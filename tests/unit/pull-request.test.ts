import { expect, test } from 'vitest'
import { readPullRequestEvent } from '../../server/deploy/previews.ts'
import { pullRequestEvent } from '../support/pull-request.ts'

const body = (over: Record<string, unknown> = {}) => {
  const event = pullRequestEvent('opened', { base: 'acme/app', number: 7, sha: 'a'.repeat(40) })
  return { ...event, pull_request: { ...event.pull_request, ...over } }
}

test('what GitHub tells of a pull request is read', () => {
  expect(readPullRequestEvent(body())).toEqual({
    action: 'opened',
    base: 'acme/app',
    pullRequest: {
      number: 7,
      title: 'Change the text',
      author: 'ada',
      branch: 'topic',
      sha: 'a'.repeat(40),
      isFork: false,
      url: 'https://github.com/acme/app/pull/7',
    },
  })
})

test.each([
  ['of another owner', { label: 'eve:topic', ref: 'topic', sha: 'a'.repeat(40), repo: { full_name: 'eve/app' } }],
  ['whose repository was deleted', { label: 'x', ref: 'topic', sha: 'a'.repeat(40), repo: null }],
])('one %s is a fork', (_, head) => {
  expect(readPullRequestEvent(body({ head }))?.pullRequest.isFork).toBe(true)
})

test.each([
  ['a number that is none', { number: '7; rm -rf /' }],
  ['a number below one', { number: 0 }],
  ['a commit that is an option', { head: { ref: 'x', sha: '--upload-pack=x', repo: null } }],
  ['a commit that is too short', { head: { ref: 'x', sha: 'abcdef', repo: null } }],
  ['no base', { base: {} }],
])('%s makes it no pull request', (_, over) => {
  expect(readPullRequestEvent(body(over))).toBeUndefined()
})

test('a title and a branch lose what would be obeyed, and an address that is no link is left out', () => {
  const head = { ref: 'x\u001b[31m$(id)', sha: 'a'.repeat(40), repo: null }
  const read = readPullRequestEvent(body({ title: 'a\n\u202eb', head, html_url: 'javascript:alert(1)' }))
  expect(read?.pullRequest).toMatchObject({ title: 'a  b', branch: 'x [31m$(id)', url: '' })
})

test('a push to one that is closed, told late, is about its end', () => {
  expect(readPullRequestEvent({ ...body({ state: 'closed' }), action: 'synchronize' })?.action).toBe('closed')
})

test.each([null, 'text', [], {}, { action: 'opened' }, { action: 7, pull_request: body().pull_request }])(
  'the body %j is no event',
  (payload) => {
    expect(readPullRequestEvent(payload)).toBeUndefined()
  },
)
