import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { createDeliver, type Deliver } from '../support/deliver.ts'
import type { Repository } from '../support/git-server.ts'
import { pullRequestEvent } from '../support/pull-request.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Previews of pull requests under their app: switched on, approved where a stranger wrote them, deleted. */

let world: World
let browser: Browser
let page: Page
let repository: Repository
let id: string
let deliver: Deliver

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_GITHUB_POLL_SECONDS: '0' } })
  repository = await makeApp(world, echo)
  const env = [{ key: 'COLOUR', value: 'green' }]
  id = (await world.deploy({ githubUrl: repository.url, subdomain: 'shop', name: 'shop', env })).id
  deliver = await createDeliver(world.slipway, id)
  browser = await openBrowser(world.slipway)
  page = await browser.open('/login')
  await logIn(page)
})
afterAll(async () => {
  await browser.close()
  await world.destroy()
  expectQuiet(browser, /status of 409 .*\/preview-env/)
})

const told = (text: string | RegExp) =>
  page.getByRole('status', { name: 'Messages' }).getByText(text).waitFor({ timeout: 60_000 })
const item = (number: number) => page.locator(`[data-preview="${number}"]`)

async function open(number: number, from?: string): Promise<string> {
  const sha = await repository.commit({ 'note.txt': String(number) }, `Topic ${number}`, `topic-${number}`)
  await repository.pull(number, sha)
  const base = new URL(repository.url).pathname.slice(1)
  const event = pullRequestEvent('opened', { base, number, sha, branch: `topic-${number}`, ...(from && { from }) })
  expect((await deliver('pull_request', event)).status).toBe(202)
  return sha
}

test('previews are off at first, and are switched on with their limits', async () => {
  await page.goto(`/apps/${id}/previews`)
  await page.getByRole('heading', { name: 'Previews are off' }).waitFor()
  await page.getByRole('switch', { name: 'A preview for each pull request' }).check()
  await page.getByRole('switch', { name: 'Also from forks' }).check()
  await page.getByLabel('At most at once').fill('0')
  await page.getByText('from 1 to 50.', { exact: false }).waitFor()
  await page.getByLabel('At most at once').fill('3')
  await page.getByLabel('Memory of a preview (MiB)').fill('96')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Save', exact: true }).first().click()
  await told('Saved.')
  await page.getByRole('heading', { name: 'No preview yet' }).waitFor()
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}`)
  expect(body.deployment.delivery.previews).toEqual({ isEnabled: true, most: 3, days: 14, forks: true, memoryMb: 96 })
})

test('its variables are those of the app, or some of their own', async () => {
  await page.goto(`/apps/${id}/previews`)
  const own = page.getByRole('switch', { name: 'Variables of their own' })
  await own.check()
  await page.getByLabel('Value of COLOUR').fill('blue')
  await page.getByRole('button', { name: 'Save', exact: true }).last().click()
  await told('Saved. Previews get it with their next release.')
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}/preview-env`)
  expect(body).toMatchObject({ isOwn: true, env: [{ key: 'COLOUR', value: 'blue' }] })
})

test('giving them up says that they are forgotten, and why it was refused', async () => {
  await page.route('**/preview-env', (route) =>
    route.request().method() === 'PUT'
      ? route.fulfill({ status: 409, json: { code: 'not_possible_now', message: 'The app is being deleted.' } })
      : route.continue(),
  )
  await page.getByRole('switch', { name: 'Variables of their own' }).uncheck()
  await page.getByText('Saving forgets what was set for previews.').waitFor()
  await page.getByRole('button', { name: 'Save', exact: true }).last().click()
  await page.getByRole('alert').getByText('The app is being deleted.').waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Discard' }).last().click()
  await page.getByLabel('Value of COLOUR').waitFor()
  await page.unroute('**/preview-env')
})

test('a pull request shows up with its address, and stands under its app in the list', async () => {
  await page.goto(`/apps/${id}/previews`)
  await open(4)
  await item(4).getByText('Running', { exact: true }).waitFor({ timeout: 60_000 })
  expect(await item(4).textContent()).toContain('topic-4')
  await item(4)
    .getByRole('link', { name: /shop-pr-4/ })
    .waitFor()
  await item(4)
    .getByText(/in 1\d days/)
    .waitFor()
  expect((await world.ask('shop-pr-4.localhost')).status).toBe(200)
  await page.goto('/')
  const main = page.getByRole('main')
  await main.getByRole('link', { name: '1 preview' }).waitFor()
  expect(await main.getByRole('listitem').count()).toBe(1)
  await page.getByRole('searchbox', { name: 'Search apps' }).fill('pr-4')
  await main.getByRole('link', { name: 'shop #4' }).click()
  await page.getByText(/Preview of shop, of pull request 4/).waitFor()
  expect(await page.getByRole('link', { name: 'Settings', exact: true }).count()).toBe(1)
  await page.keyboard.press('Control+K')
  const palette = page.getByRole('dialog', { name: 'Search apps and actions' })
  await palette.getByRole('combobox').fill('of shop #4')
  const offered = palette.getByRole('option', { name: / of shop #4/ })
  await expect.poll(() => offered.count()).toBe(3)
  expect((await offered.allInnerTexts()).join()).toMatch(/Logs.*Releases.*Machine/s)
  await page.keyboard.press('Escape')
})

test('a commit of a fork waits until somebody has looked at that very commit', async () => {
  await page.goto(`/apps/${id}/previews`)
  const sha = await open(5, 'mallory/shop')
  await item(5).getByText('On hold').waitFor()
  expect(await world.ask('shop-pr-5.localhost')).not.toMatchObject({ status: 200 })
  await item(5).getByRole('button', { name: 'Approve the commit of pull request 5' }).click()
  const dialog = page.getByRole('dialog', { name: 'Run this commit of a fork?' })
  await dialog.getByText(sha).waitFor()
  await dialog.getByText('It is a stranger’s code').waitFor()
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Approve and deploy' }).click()
  await item(5).getByText('Running', { exact: true }).waitFor({ timeout: 60_000 })
  expect(
    await item(5)
      .getByRole('button', { name: /Approve/ })
      .count(),
  ).toBe(0)
})

test('a preview is deleted from the list', async () => {
  await page.goto(`/apps/${id}/previews`)
  await item(5).getByRole('button', { name: 'Delete the preview of pull request 5' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill('shop-pr-5')
  await dialog.getByRole('button', { name: 'Delete the preview and its data' }).click()
  await item(5).waitFor({ state: 'detached', timeout: 60_000 })
  await item(4).waitFor()
})
