import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser, PASSWORD } from '../support/browser.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let github: GithubStandIn
let browser: Browser
let page: Page

beforeAll(async () => {
  github = await startGithub()
  const env = { SLIPWAY_GITHUB_API_URL: github.apiUrl, SLIPWAY_GITHUB_TOKEN: github.token }
  world = await createWorld({ cloudflare: true, env })
})
afterAll(async () => {
  await world.destroy()
  await github.stop()
})
beforeEach(async () => {
  browser = await openBrowser(world.slipway)
  page = await browser.open('/login')
  await logIn(page)
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser, /status of (400|401) .*\/api\/auth\/password$/)
})

/** What the API answers to somebody with this token. */
const statusWith = async (token: string, method = 'GET', address = '/api/deployments') =>
  (await fetch(`${world.slipway.url}${address}`, { method, headers: { authorization: `Bearer ${token}` } })).status

test('a token is made, shown once, works as far as its scope goes, and is refused once deleted', async () => {
  await page.goto('/settings/tokens')
  await page.getByRole('heading', { name: 'No API token yet' }).waitFor()
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog', { name: 'New API token' })
  await dialog.getByLabel('Name').fill('a/b')
  await dialog.getByRole('button', { name: 'New token' }).click()
  await dialog.getByText('A name begins with a letter or digit').waitFor()
  await dialog.getByLabel('Name').fill('watches from CI')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'New token' }).click()

  const shown = page.getByRole('dialog', { name: 'The token watches from CI' })
  await shown.getByRole('button', { name: 'Copy the token' }).click()
  const secret = await page.evaluate(() => navigator.clipboard.readText())
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await shown.getByRole('button', { name: 'I have copied it' }).click()
  expect(await page.content()).not.toContain(secret)

  expect(await statusWith(secret)).toBe(200)
  expect(await statusWith(secret, 'DELETE', '/api/sessions')).toBe(403)
  await page.getByRole('button', { name: 'Delete the token watches from CI' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete token' }).click()
  await page.getByText('The token watches from CI was deleted.').waitFor()
  await page.getByRole('heading', { name: 'No API token yet' }).waitFor()
  expect(await statusWith(secret)).toBe(401)
})

test('what is made elsewhere shows here, in the list and in the audit log', async () => {
  const log = await browser.open('/machine/audit')
  await log.getByRole('rowheader', { name: 'Logged in' }).first().waitFor()
  await page.goto('/settings/tokens')
  await page.getByRole('heading', { name: 'No API token yet' }).waitFor()
  const { body } = await world.slipway.api('POST', '/api/tokens', { name: 'from elsewhere', scope: 'read' })
  await page.getByRole('row', { name: /from elsewhere/ }).waitFor()
  await log.getByRole('row', { name: /Made a new API token.*from elsewhere/ }).waitFor()
  await world.slipway.api('DELETE', `/api/tokens/${body.token.id}`)
  await page.getByRole('heading', { name: 'No API token yet' }).waitFor()
})

test('another session is ended from here, and its window asks for the password', async () => {
  const other = await openBrowser(world.slipway)
  try {
    const elsewhere = await other.open('/login')
    await logIn(elsewhere)
    await page.goto('/settings/sessions')
    await page.getByRole('row', { name: /Chrome on Linux.*This one/ }).waitFor()
    await page
      .getByRole('button', { name: /^End the session of .*Chrome/ })
      .first()
      .click()
    await page.getByText(/^The session of .*Chrome on Linux has ended.$/).waitFor()
    await elsewhere.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
    await page.getByRole('row', { name: /This one/ }).waitFor()
  } finally {
    await other.close()
  }
})

test('all sessions are ended after a yes, and the login page says so', async () => {
  await page.goto('/settings/sessions')
  await page.getByRole('button', { name: 'End all, this one too' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End all sessions' }).click()
  await page.waitForURL((url) => url.pathname === '/login')
  await page.getByText('Every session has ended.').waitFor()
  expect(await statusWith(world.slipway.token)).toBe(401)
  world.slipway.token = ''
})

test('a connection is tested permission by permission, and the one that is missing is named', async () => {
  if (!world.cloudflare) throw new Error('this world has no Cloudflare')
  world.cloudflare.state.access.dns = 'read'
  await page.goto('/settings/connections')
  await page.getByRole('button', { name: 'Test Cloudflare' }).click()
  const result = page.getByRole('status', { name: 'Result of the test of Cloudflare' })
  await result.getByText(/check of \d+ failed/).waitFor()
  const failed = result.getByRole('listitem').filter({ hasText: 'Fails: ' })
  expect(await failed.allInnerTexts()).toEqual([expect.stringContaining('Zone → DNS → Edit')])
  await expectAccessible(page)

  world.cloudflare.state.access.dns = 'edit'
  await page.getByRole('button', { name: 'Test Cloudflare' }).click()
  await result.getByText('Everything works.').waitFor()
  expect(await page.content()).not.toContain(world.cloudflare.token)
})

test('the theme is chosen, and kept', async () => {
  await page.goto('/settings')
  await page.getByRole('radio', { name: 'Dark' }).check()
  const themeOf = () => page.evaluate(() => document.documentElement.dataset.theme)
  expect(await themeOf()).toBe('dark')
  await page.reload()
  await page.getByRole('radio', { name: 'Dark' }).waitFor()
  expect(await themeOf()).toBe('dark')
})

test('the password is changed once it is told what is wrong with it, and every session ends', async () => {
  const wanted = `${PASSWORD} and more`
  await page.goto('/settings')
  const field = (label: string) => page.getByLabel(label, { exact: true })
  const send = page.getByRole('button', { name: 'Change password' })
  await field('Current password').fill('not this one')
  await field('New password').fill('ü'.repeat(40))
  await page.getByText('A password has at most 72 bytes; this one has 80.').waitFor()
  await field('New password').fill(wanted)
  await field('New password again').fill('something else')
  await send.click()
  await page.getByText('This is not the same as the new password.').waitFor()
  await field('New password again').fill(wanted)
  await send.click()
  await page.getByText('The current password is wrong.').waitFor()
  await expectAccessible(page)

  await field('Current password').fill(PASSWORD)
  await send.click()
  await page.waitForURL((url) => url.pathname === '/login')
  await page.getByText('The password was changed').waitFor()
  await logIn(page, wanted)
})
