import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../server/db/open.ts'
import { type Browser, expectQuiet, logIn, openBrowser, PASSWORD } from '../support/browser.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

/** Sessions that end in every way they can, and what the windows make of it. */

let git: GitServer
let slipway: Slipway
let browser: Browser
let meant: RegExp[]

beforeAll(async () => {
  git = await startGitServer()
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off', SLIPWAY_GITHUB_URL: git.url })
  await slipway.start()
})
afterAll(async () => {
  await slipway.destroy()
  await git.stop()
})
beforeEach(async () => {
  meant = []
  browser = await openBrowser(slipway)
})
afterEach(async () => {
  await browser.close()
  expectQuiet(
    browser,
    /status of 401/,
    /status of 404 .*\/api\/repository/,
    /WebSocket connection/,
    /ERR_CONNECTION_REFUSED/,
    ...meant,
  )
})

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Your session has ended' })

async function logInAgain(page: Page): Promise<void> {
  await dialogOf(page).getByLabel('Password').fill(PASSWORD)
  await dialogOf(page).getByRole('button', { name: 'Log in' }).click()
}

/** Behind the server's back, so that no window is told. */
async function deleteSessions(): Promise<void> {
  const db = await openDatabase(slipway.dataDir)
  await db.deleteFrom('sessions').execute()
  await db.destroy()
}

test('a session that ended while the server was away asks for the password, and one login opens every window', async () => {
  const first = await browser.open('/')
  await logIn(first)
  const second = await browser.open('/new')
  await second.getByLabel('Repository', { exact: true }).fill('acme/not-sent-yet')
  // What a server still answers that is about to end.
  meant = [/status of 503/]
  await slipway.terminate()
  await deleteSessions()
  await second.getByText('Reconnecting…').waitFor()
  await slipway.start()
  for (const page of [first, second]) await dialogOf(page).waitFor()

  await second.keyboard.press('Control+K')
  await logInAgain(first)
  for (const page of [first, second]) {
    await dialogOf(page).waitFor({ state: 'detached' })
    await page.getByText('Reconnecting…').waitFor({ state: 'detached' })
  }
  expect(await second.getByLabel('Repository', { exact: true }).inputValue()).toBe('acme/not-sent-yet')
  expect(await second.getByRole('dialog').count()).toBe(0)
})

test('a login whose cookie the browser does not keep says why', async () => {
  const page = await browser.open('/login')
  await page.route('**/api/auth/login', async (route) => {
    const response = await route.fetch()
    const { 'set-cookie': _, ...headers } = response.headers()
    await browser.context.clearCookies()
    await route.fulfill({ response, headers })
  })
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').getByText('your browser did not keep the cookie').waitFor()
  await page.unroute('**/api/auth/login')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Apps' }).waitFor()
})

test('logging out after the session has ended leads to the login page all the same', async () => {
  const page = await browser.open('/')
  await logIn(page)
  await page.getByRole('button', { name: 'Account: admin' }).click()
  await page.waitForLoadState('networkidle')
  await browser.context.clearCookies()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await page.waitForURL((url) => url.pathname === '/login')
  await page.getByRole('button', { name: 'Log in' }).waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test('a login in one window opens the login page of another', async () => {
  const [first, second] = [await browser.open('/machine/ports'), await browser.open('/settings/tokens')]
  await second.getByRole('button', { name: 'Log in' }).waitFor()
  await logIn(first)
  await second.waitForURL((url) => url.pathname === '/settings/tokens')
  await second.getByRole('heading', { name: 'API tokens' }).first().waitFor()
})

test('a page that holds something unsaved may be kept when its user logs out, and asks for the password then', async () => {
  const page = await browser.open('/')
  await logIn(page)
  await page.evaluate(() => addEventListener('beforeunload', (event) => event.preventDefault()))
  page.on('dialog', (dialog) => void dialog.dismiss())
  await page.getByRole('button', { name: 'Account: admin' }).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await logInAgain(page)
  await dialogOf(page).waitFor({ state: 'detached' })
  expect(new URL(page.url()).pathname).toBe('/')
})

test('a page that is opened while the server starts comes up by itself', async () => {
  const page = await browser.open('/')
  await logIn(page)
  let isAway = true
  await page.route('**/api/auth/verify', (route) => (isAway ? route.abort('connectionrefused') : route.continue()))
  await page.reload()
  await page.getByRole('alert').getByText('Slipway cannot be reached').waitFor()
  isAway = false
  await page.getByRole('heading', { name: 'Apps' }).waitFor()
})
