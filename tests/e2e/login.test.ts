import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectQuiet, logIn, openBrowser, PASSWORD } from '../support/browser.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

let git: GitServer
let slipway: Slipway
let browser: Browser

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
  browser = await openBrowser(slipway)
})
afterEach(async () => {
  await browser.close()
  expectQuiet(
    browser,
    /status of 401 .*\/api\/(auth\/(login|verify)|repository)/,
    /status of 404 .*\/api\/repository/,
    /WebSocket connection/,
  )
})

test('without a session every page leads to the login and back to where one wanted to go', async () => {
  const page = await browser.open('/machine/ports?x=1')
  await page.waitForURL((url) => url.pathname === '/login')
  expect(await page.title()).toBe('Log in · Slipway')
  await logIn(page)
  await page.waitForURL((url) => `${url.pathname}${url.search}` === '/machine/ports?x=1')
})

test('a wrong password is told, and what was typed stays', async () => {
  const page = await browser.open('/login')
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill('not this one')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('The user name or the password is wrong.').waitFor()
  expect(await page.getByLabel('User name').inputValue()).toBe('admin')
})

test.each([
  '//evil.example/x',
  '/\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '/\t/evil.example',
  '/login',
])('37 next=%s leads to the front page, never to another site', async (next) => {
  const page = await browser.open(`/login?next=${encodeURIComponent(next)}`)
  await logIn(page)
  await page.getByRole('heading', { name: 'Apps' }).waitFor()
  expect(new URL(page.url()).href).toBe(`${slipway.url}/`)
})

test('when the session ends, a dialog asks for the password and nothing typed is lost', async () => {
  const page = await browser.open('/')
  await logIn(page)
  await page.getByRole('link', { name: 'New deployment' }).first().click()
  const field = page.getByLabel('Repository', { exact: false }).first()
  await field.fill('acme/not-sent-yet')
  await slipway.api('POST', '/api/auth/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` })
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await dialog.waitFor()
  await dialog.getByLabel('Password').fill(`${PASSWORD}!`)
  await dialog.getByRole('button', { name: 'Log in' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await field.inputValue()).toBe('acme/not-sent-yet')
})
