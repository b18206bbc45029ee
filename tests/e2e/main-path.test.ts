import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectQuiet, LOST_CODE, logIn, openBrowser, saveNow } from '../support/browser.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Greets with its variable. */
const GREETER = `require('node:http')
  .createServer((request, response) => response.end('says ' + process.env.GREETING))
  .listen(8000)
process.on('SIGTERM', () => process.exit())
`
/** Prints, waits and prints again, so that a step and its log can be seen while they move. */
const slowDockerfile = (text: string) => `FROM node:24-slim
WORKDIR /app
COPY server.js .
RUN echo ${Date.now()}; echo "${text}: first line"; sleep 6; echo "${text}: last line"
EXPOSE 8000
CMD ["node", "server.js"]
`

let world: World
let browser: Browser
/** What a test means to go wrong in its browser. */
let meant: RegExp[]

beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())
beforeEach(async () => {
  browser = await openBrowser(world.slipway)
  meant = []
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser, ...meant)
})

const step = (page: Page, name: string) => page.locator(`[data-step="${name}"]`)
const headline = (page: Page, text: string | RegExp) => page.getByRole('heading', { name: text })

/** The app itself, opened by its button on the page. */
async function visit(page: Page): Promise<string | null> {
  const [app] = await Promise.all([
    browser.context.waitForEvent('page'),
    page.getByRole('link', { name: /^Visit/ }).click(),
  ])
  await app.waitForLoadState()
  const text = await app.locator('body').textContent()
  await app.close()
  return text
}

test('log in, deploy, watch it, open it, change a variable, redeploy, delete, receipt', async () => {
  const before = await world.inventory()
  const { url } = await makeApp(world, GREETER, { Dockerfile: slowDockerfile('one') })
  const page = await browser.open('/')
  await logIn(page)

  await page.getByRole('link', { name: 'Deploy your first repository' }).click()
  await page.getByLabel('Repository', { exact: true }).fill(url)
  await page
    .getByText(/public/i)
    .first()
    .waitFor()
  await page.getByLabel('Subdomain', { exact: true }).fill('greeter')
  await page.getByRole('button', { name: /Add a variable/ }).click()
  await page.getByLabel('Name of the new variable').fill('GREETING')
  await page.getByLabel('Value of GREETING').fill('hello')
  await page
    .getByText(/will make/i)
    .first()
    .waitFor()
  await page.getByRole('button', { name: /^Deploy/ }).click()

  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  await step(page, 'build-image').and(page.locator('[aria-current="step"]')).waitFor()
  await page.getByText('one: first line').last().waitFor()
  expect(await step(page, 'build-image').getAttribute('aria-current')).toBe('step')
  await headline(page, /Release 1.*live/i).waitFor()
  await page.getByText('one: last line').last().waitFor()
  expect(await visit(page)).toBe('says hello')

  await page.getByRole('link', { name: 'Environment' }).click()
  await page.getByLabel('Value of GREETING').fill('good day')
  await saveNow(page)
  await page.getByRole('link', { name: 'Overview' }).click()
  await headline(page, /Release 2.*live/i).waitFor()
  expect(await visit(page)).toBe('says good day')

  await page.getByRole('button', { name: 'Redeploy' }).click()
  await headline(page, /Release 3.*live/i).waitFor()

  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  const dialog = page.getByRole('dialog', { name: /^Delete / })
  const confirm = dialog.getByRole('button', { name: 'Delete the app' })
  expect(await confirm.isDisabled()).toBe(true)
  await dialog.getByLabel('Type greeter to confirm').fill('greeter')
  await confirm.click()
  await headline(page, /^Deleting /).waitFor()
  await page.waitForURL(/\/receipts\//)
  await headline(page, /is deleted$/).waitFor()
  await page.getByText('Each was taken away and looked for afterwards').waitFor()
  expect(await world.inventory()).toEqual(before)
})

test('a build that fails shows the reason, and its line in the log', async () => {
  const broken = 'FROM node:24-slim\nRUN echo "all is well so far"; echo "cannot find the frobnicator" >&2; exit 3\n'
  const { url } = await makeApp(world, GREETER, { Dockerfile: broken })
  const page = await browser.open('/')
  await logIn(page)
  await page.goto(`/new?repo=${encodeURIComponent(url)}`)
  await page
    .getByText(/public/i)
    .first()
    .waitFor()
  await page.getByLabel('Subdomain', { exact: true }).fill('unlucky')
  await page.keyboard.press('Control+Enter')

  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  await page
    .getByRole('alert')
    .getByText(/Failed at: Build the image/)
    .waitFor()
  await step(page, 'build-image')
    .getByText(/exit code: 3|exited with 3|code 3/)
    .waitFor()
  await page.getByText('Undone: nothing of it is left.').waitFor()
  await step(page, 'build-image').getByRole('link', { name: 'Show the log line' }).click()
  const log = page.getByRole('log')
  await log.getByText('cannot find the frobnicator').first().waitFor()
  await log.getByRole('img', { name: 'Reason of the failure' }).waitFor()

  const id = new URL(page.url()).pathname.split('/')[2] ?? ''
  await world.remove(id)
})

test('two windows stay in step', async () => {
  const { url } = await makeApp(world, GREETER, { Dockerfile: slowDockerfile('two') })
  const first = await browser.open('/')
  await logIn(first)
  const second = await browser.open('/')
  await headline(second, 'Apps').waitFor()

  const { body } = await world.slipway.api('POST', '/api/deployments', {
    githubUrl: url,
    subdomain: 'pair',
    name: 'Pair',
  })
  const { id } = body.deployment
  const card = second.getByRole('listitem').filter({ hasText: 'Pair' })
  await card.getByText('Building').waitFor()
  await first.getByRole('link', { name: 'Pair', exact: true }).click()
  await step(first, 'build-image').and(first.locator('[aria-current="step"]')).waitFor()
  await card.getByText('Running').waitFor()
  await headline(first, /Release 1.*live/i).waitFor()

  await second.goto(`/apps/${id}`)
  await first.getByRole('button', { name: 'More actions' }).click()
  await first.getByRole('menuitem', { name: 'Stop' }).click()
  await second.getByRole('main').getByText('Stopped').first().waitFor()
  await first.getByRole('main').getByText('Stopped').first().waitFor()

  await world.remove(id)
  for (const page of [first, second]) await page.waitForURL(`**/receipts/${id}`)
})

test('the server is restarted in between, and the page recovers and shows what happened meanwhile', async () => {
  const { url } = await makeApp(world, GREETER)
  const app = await world.deploy({ githubUrl: url, subdomain: 'steady', name: 'Steady' })
  const page = await browser.open('/')
  await logIn(page)
  await page.goto(`/apps/${app.id}`)
  await headline(page, /Release 1.*live/i).waitFor()

  await world.slipway.terminate()
  await page.getByText('Reconnecting…').waitFor()
  await world.slipway.start()
  const reply = await world.slipway.api('PATCH', `/api/deployments/${app.id}`, { name: 'Steadier' })
  expect(reply.status).toBe(202)
  await page.getByText('Reconnecting…').waitFor({ state: 'detached' })
  await headline(page, 'Steadier').waitFor()
  await headline(page, /Release 2.*live/i).waitFor()

  meant = [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection/]
  await world.remove(app.id)
  await page.waitForURL('**/receipts/**')
})

test('a link opens in a new tab when a key is held, as everywhere', async () => {
  const page = await browser.open('/')
  await logIn(page)
  const [tab] = await Promise.all([
    browser.context.waitForEvent('page'),
    page.getByRole('link', { name: 'Machine' }).click({ modifiers: ['ControlOrMeta'] }),
  ])
  await tab.waitForURL('**/machine')
  expect(new URL(page.url()).pathname).toBe('/')
})

test('after an update of Slipway a page whose files are gone is loaded anew', async () => {
  const page = await browser.open('/')
  await logIn(page)
  await page.evaluate(() => Object.assign(window, { isOldPage: true }))
  await page.route('**/assets/*.js', (route) => route.fulfill({ status: 404 }))
  await page.route('**/machine', async (route) => {
    await page.unroute('**/assets/*.js')
    await route.continue()
  })
  await page.getByRole('link', { name: 'Machine' }).click()
  await headline(page, 'Machine').waitFor()
  expect(await page.evaluate(() => 'isOldPage' in window)).toBe(false)
  meant = [/status of 404 .*\/assets\//, LOST_CODE]
})
