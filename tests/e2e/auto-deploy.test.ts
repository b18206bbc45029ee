import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { createDeliver, type Deliver } from '../support/deliver.ts'
import type { Repository } from '../support/git-server.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Deploying on push, switched off and on, and what is told of the pushes. */

let world: World
let browser: Browser
let page: Page
let repository: Repository
let id: string
let deliver: Deliver

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_GITHUB_POLL_SECONDS: '0' } })
  repository = await makeApp(world, echo)
  browser = await openBrowser(world.slipway)
  page = await browser.open('/new')
  await logIn(page)
})
afterAll(async () => {
  await browser.close()
  await world.destroy()
  expectQuiet(browser)
})

const told = (text: string | RegExp) =>
  page.getByRole('status', { name: 'Messages' }).getByText(text).waitFor({ timeout: 60_000 })
const fullName = () => new URL(repository.url).pathname.slice(1)
const deployment = async () => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment

async function push(file: string): Promise<void> {
  const before = 'a'.repeat(40)
  const after = await repository.commit({ [file]: String(Math.random()) }, `Change ${file}`)
  const { status } = await deliver('push', {
    ref: 'refs/heads/main',
    before,
    after,
    deleted: false,
    forced: false,
    head_commit: { id: after, message: `Change ${file}` },
    commits: [{ id: after, added: [file], removed: [], modified: [] }],
    repository: { full_name: fullName(), default_branch: 'main', pushed_at: Math.floor(Date.now() / 1000) },
    sender: { login: 'ada' },
  })
  expect(status).toBe(202)
}

test('a new app deploys on every push, unless that is switched off', async () => {
  const form = page.getByRole('switch', { name: 'Deploy on every push' })
  expect(await form.isChecked()).toBe(true)
  await page.getByRole('textbox', { name: 'Repository', exact: true }).fill(repository.url)
  await page.getByText(/, public\./).waitFor()
  await form.focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  id = page.url().split('/').at(-1) ?? ''
  await world.settled(id)
  expect((await deployment()).delivery.autoDeploy).toBe(false)
  deliver = await createDeliver(world.slipway, id)
})

test('switched on in the settings it is saved without a deploy, and wrong paths are told beside the field', async () => {
  await page.goto(`/apps/${id}/settings`)
  await page.getByText('Not listened to').waitFor()
  await page.getByText('GitHub has told of nothing yet.').waitFor()
  await page.getByRole('switch', { name: 'Deploy on every push' }).check()
  await page.getByLabel('Only when these change').fill('server.js\n../secrets')
  await page.getByText('../secrets is none').waitFor()
  await page.getByLabel('Earlier releases to keep').fill('51')
  await page.getByText('from 0 to 50.', { exact: false }).last().waitFor()
  await expectAccessible(page)
  await page.getByLabel('Only when these change').fill('server.js\nweb/**')
  await page.getByLabel('Earlier releases to keep').fill('2')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await told('Saved.')
  expect(await deployment()).toMatchObject({
    liveRelease: 1,
    delivery: { autoDeploy: true, watchPaths: ['server.js', 'web/**'], keepReleases: 2 },
  })
})

test('why GitHub does not tell of pushes is said, with where to mend it', async () => {
  await world.slipway.api('POST', `/api/deployments/${id}/redeploy`)
  await world.settled(id)
  const { webhook } = await deployment()
  expect(webhook.state).toBe('unavailable')
  await page.goto(`/apps/${id}/settings`)
  const card = page.getByRole('region', { name: 'How pushes are heard' })
  await card.getByText(webhook.reason).waitFor()
  await card.getByText('The branch is not asked for either').waitFor()
  await card.getByRole('link', { name: 'See the connection to GitHub' }).waitFor()
})

test('pushes are told with what came of them, as they come', async () => {
  await page.goto(`/apps/${id}/settings`)
  const list = page.getByRole('list', { name: 'What GitHub told' })
  await push('web/index.html')
  await list.getByRole('listitem').first().waitFor()
  await page.getByText('GitHub tells of each push').waitFor()
  await world.settled(id)
  // Of what deploys nothing, there is no other news than that it was heard of.
  await push('README.md')
  await expect.poll(() => list.getByRole('listitem').count()).toBe(2)
  expect((await deployment()).liveRelease).toBe(3)
  await expectAccessible(page)
  await page.goto(`/apps/${id}/releases`)
  const newest = page.locator('[data-release="3"]')
  await newest.getByText('pushed by ada').waitFor()
  expect(await newest.textContent()).toContain('Change web/index.html')
})
