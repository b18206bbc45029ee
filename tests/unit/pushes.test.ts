import { describe, expect, test } from 'vitest'
import { type Deployment, defaultDelivery } from '../../server/db/deployments.ts'
import { whyNot } from '../../server/deploy/pushes.ts'
import { type Push, readPush } from '../../server/deploy/read-push.ts'
import { isWatched } from '../../server/deploy/watch-paths.ts'

const [before, after] = ['a'.repeat(40), 'b'.repeat(40)]
const payload = (more: Record<string, unknown> = {}) => ({
  ref: 'refs/heads/main',
  before,
  after,
  deleted: false,
  forced: false,
  commits: [{ added: ['a.js'], removed: ['b.js'], modified: ['c/d.js'] }],
  head_commit: { message: 'Say hello' },
  repository: { default_branch: 'main', pushed_at: 1_700_000_000 },
  sender: { login: 'ada' },
  ...more,
})

describe('a push is read', () => {
  test('with its files, branch and time', () => {
    expect(readPush(payload())).toEqual({
      ref: 'refs/heads/main',
      branch: 'main',
      defaultBranch: 'main',
      sha: after,
      message: 'Say hello',
      isDeleted: false,
      files: ['a.js', 'b.js', 'c/d.js'],
      pushedAt: 1_700_000_000,
      by: 'ada',
    })
  })

  test.each<[string, Record<string, unknown>]>([
    ['of a new branch', { before: '0'.repeat(40) }],
    ['that was forced', { forced: true }],
    ['without commits', { commits: [] }],
    ['with more commits than GitHub names', { commits: Array(2048).fill({ added: [] }) }],
    ['with more files than GitHub names', { commits: [{ added: Array(3000).fill('x') }] }],
  ])('whose files nobody knows: one %s', (_, more) => {
    expect(readPush(payload(more)).files).toBeNull()
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['no commit', payload({ after: 'HEAD' })],
    ['an option as commit', payload({ after: '--upload-pack=x' })],
    ['no ref', payload({ ref: null })],
  ])('%s is none', (_, body) => {
    expect(() => readPush(body)).toThrow('not what GitHub tells')
  })
})

describe('what an app does not want', () => {
  const app = (more: Partial<Deployment> = {}) =>
    ({ branch: null, previewOf: null, stopped: false, delivery: defaultDelivery, ...more }) as Deployment
  const push = (more: Record<string, unknown> = {}): Push => readPush(payload(more))
  const of = (message: string) => push({ head_commit: { message } })
  const watching = (...watchPaths: string[]) => app({ delivery: { ...defaultDelivery, watchPaths } })

  test('a push to its branch it wants', () => {
    expect(whyNot(app(), push())).toBeUndefined()
    expect(whyNot(app({ branch: 'dev' }), push({ ref: 'refs/heads/dev' }))).toBeUndefined()
    expect(whyNot(watching('c/**', 'x'), push())).toBeUndefined()
    expect(whyNot(watching('x'), push({ forced: true }))).toBeUndefined()
    expect(whyNot(app(), of('Do not [skip] this, ci'))).toBeUndefined()
  })

  test.each<[string, Deployment, Push, RegExp]>([
    ['another branch', app(), push({ ref: 'refs/heads/dev' }), /follows the branch main/],
    ['another branch than its own', app({ branch: 'dev' }), push(), /follows the branch dev/],
    ['a tag', app(), push({ ref: 'refs/tags/v1' }), /no branch/],
    ['a branch that was deleted', app(), push({ deleted: true, after: '0'.repeat(40) }), /deleted/],
    [
      'a branch named $(id), though it is the default one',
      app(),
      push({ ref: 'refs/heads/$(id)', repository: { default_branch: '$(id)' } }),
      /no branch that can be deployed/,
    ],
    ['anything while auto-deploy is off', app({ delivery: { ...defaultDelivery, autoDeploy: false } }), push(), /off/],
    ['anything while it is stopped', app({ stopped: true }), push(), /stopped/],
    ['anything as a preview', app({ previewOf: 'x' }), push(), /preview/],
    ['what changes none of its paths', watching('apps/web/**', 'package.json'), push(), /No watched path/],
    ...['[skip ci]', '[ci skip]', '[no ci]', '[skip deploy]', '[Deploy Skip]'].map(
      (mark): [string, Deployment, Push, RegExp] => [mark, app(), of(`Mend a word\n\n${mark}`), /skipped/],
    ),
  ])('%s', (_, deployment, pushed, reason) => {
    expect(whyNot(deployment, pushed)).toMatch(reason)
  })
})

test.each<[boolean, string, string]>([
  [true, 'package.json', 'package.json'],
  [false, 'package.json', 'apps/package.json'],
  [true, 'apps/web', 'apps/web/src/a.js'],
  [true, 'apps/web/', 'apps/web/src/a.js'],
  [false, 'apps/web', 'apps/website/a.js'],
  [true, 'apps/*/src/**', 'apps/web/src/deep/a.js'],
  [true, '**/*.md', 'docs/a.md'],
  [false, '*.md', 'docs/a.md'],
  [true, '{web,api}/**', 'api/x'],
])('%s: %s for %s', (wanted, pattern, file) => {
  expect(isWatched([pattern], [file])).toBe(wanted)
})
