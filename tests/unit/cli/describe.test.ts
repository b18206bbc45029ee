import { expect, test } from 'vitest'
import { describeApp, describeApps } from '../../../cli/describe.ts'
import { render } from '../../../cli/render.ts'
import type { DeploymentView } from '../../../server/http/views.ts'

const app = (subdomain: string, more: Partial<DeploymentView> = {}) =>
  ({
    id: `${subdomain}-id`,
    subdomain,
    status: 'running',
    release: 1,
    deployedAt: null,
    url: null,
    githubUrl: 'https://github.com/acme/shop',
    branch: null,
    commit: { sha: 'abcdef0123', message: 'First commit\n\nMore.' },
    volumes: [],
    previewOf: null,
    pullRequest: null,
    ...more,
  }) as unknown as DeploymentView
const pullRequest = { number: 7, title: 'Sell more' } as DeploymentView['pullRequest']
const preview = app('shop-pr-7', { previewOf: 'shop-id', pullRequest })

const plain = (lines: string[]) => lines.map((it) => render(it, false))

test('a preview stands below its app, wherever it was in the list, and names its pull request', () => {
  const [, ...rows] = plain(describeApps([preview, app('blog'), app('shop')], 0))
  expect(rows.map((it) => it.split(/ {2,}running/)[0])).toEqual(['blog', 'shop', '  shop-pr-7'])
  expect(rows.map((it) => it.slice(it.lastIndexOf('  ')).trim())).toEqual([
    'abcdef0 First commit',
    'abcdef0 First commit',
    '#7 abcdef0 First commit',
  ])
})

test('of a preview is said for which pull request it is', () => {
  expect(plain(describeApp(preview, [], 0)).join('\n')).toMatch(/^Pull request +#7 Sell more$/m)
  expect(plain(describeApp(app('shop'), [], 0)).join('\n')).not.toContain('Pull request')
})
