import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { startGitServer } from '../support/git-server.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'
import { type SshGitServer, startSshGitServer } from '../support/ssh-git-server.ts'

/** Connecting GitHub: by a token, by an App, and by a key for a single repository. */

let slipway: Slipway
let git: Awaited<ReturnType<typeof startGitServer>>
let ssh: SshGitServer
let github: GithubStandIn
let browser: Browser
let page: Page

beforeAll(async () => {
  git = await startGitServer()
  ssh = await startSshGitServer(git.folder)
  github = await startGithub()
  slipway = await createSlipway({
    SLIPWAY_NGINX: 'off',
    SLIPWAY_GITHUB_URL: git.url,
    SLIPWAY_GITHUB_API_URL: github.apiUrl,
    SLIPWAY_GITHUB_SSH: ssh.address,
  })
  await slipway.start()
  const hidden = await git.makeRepository('acme', 'hidden')
  await hidden.commit({ 'index.html': 'hidden' }, 'Begin')
  git.protect('acme', 'hidden', (password) => github.opens('acme/hidden', password))
})
afterAll(async () => {
  await slipway.destroy()
  await github.stop()
  await ssh.stop()
  await git.stop()
})
beforeEach(async () => {
  browser = await openBrowser(slipway)
  page = await browser.open('/settings/connections')
  await logIn(page)
  await page.getByRole('heading', { name: 'Deploy keys' }).waitFor()
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser, /status of 4\d\d .*\/api\/(repository|plan|deployments|connections\/github)$/)
  expect(github.violations).toEqual([])
})

const told = (text: string | RegExp) => page.getByRole('status', { name: 'Messages' }).getByText(text).waitFor()
const card = () => page.getByRole('region', { name: 'GitHub', exact: true })
const hasFocus = (control: Locator) => control.evaluate((element) => element === document.activeElement)
const tokenPart = () => page.getByRole('region', { name: 'Personal access token' })
const appPart = () => page.getByRole('region', { name: 'GitHub App' })

test('a token that GitHub does not accept is not kept; one that it does is tested, kept, and forgotten', async () => {
  const field = tokenPart().getByLabel('Token', { exact: true })
  await field.fill('ghp_wrongwrongwrongwrongwrongwrongwrong1')
  await tokenPart().getByRole('button', { name: 'Test and keep' }).click()
  await tokenPart().locator('.error').waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await expectAccessible(page)

  await field.fill(github.token)
  await tokenPart().getByRole('button', { name: 'Test and keep' }).click()
  await told('GitHub accepts the token. It is kept encrypted.')
  await tokenPart().getByText('Given here').waitFor()
  await card().getByText('Connected by a token').waitFor()
  await page.getByRole('status', { name: 'Result of the test of GitHub' }).getByRole('listitem').first().waitFor()
  await page.reload()
  await tokenPart().getByText('Given here').waitFor()
  expect(await page.content()).not.toContain(github.token)

  const replace = tokenPart().getByRole('button', { name: 'Replace it' })
  await replace.press('Enter')
  await expect.poll(() => hasFocus(tokenPart().getByLabel('New token'))).toBe(true)
  await page.keyboard.type('ghp_wrongwrongwrongwrongwrongwrongwrong1')
  await page.keyboard.press('Enter')
  await tokenPart().locator('.error').waitFor()
  await expect.poll(() => hasFocus(tokenPart().getByLabel('New token'))).toBe(true)
  await tokenPart().getByRole('button', { name: 'Cancel' }).press('Enter')
  await expect.poll(() => hasFocus(replace)).toBe(true)

  await tokenPart().getByRole('button', { name: 'Forget it…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Forget it' }).click()
  await told(/The token is forgotten/)
  await tokenPart().getByRole('button', { name: 'Test and keep' }).waitFor()
})

test('an App is made by a form that is posted to GitHub, shows what it sees, and is forgotten', async () => {
  await page.route(`${git.url}/**/apps/new?**`, async (route) => {
    const posted = route.request().postData() ?? ''
    // The real GitHub does not reach this machine, and would be told of no webhook.
    const { hook_attributes: _, ...manifest } = JSON.parse(new URLSearchParams(posted).get('manifest') ?? '')
    const code = github.submitManifest(manifest)
    const state = new URL(route.request().url()).searchParams.get('state') ?? ''
    const location = `${manifest.redirect_url}?${new URLSearchParams({ code, state })}`
    await route.fulfill({ status: 200, contentType: 'text/html', body: `<a href="${location}">Back</a>` })
  })
  await appPart().getByLabel('Organization').fill('acme')
  await appPart().getByRole('button', { name: 'Create a GitHub App…' }).click()
  await page.waitForURL(`${git.url}/organizations/acme/**`)
  await page.getByRole('link', { name: 'Back' }).click()
  await page.getByText('The GitHub App is made').waitFor()
  await appPart().getByText('It sees no repository yet').waitFor()
  await expectAccessible(page)
  expect(new URL(page.url()).search).toBe('')

  github.state.installations.push({
    id: 7,
    account: 'acme',
    repositories: ['acme/hidden'],
    permissions: { contents: 'read' },
    suspended: false,
  })
  await page.reload()
  const places = appPart().getByRole('list', { name: 'Where the App is installed' })
  await places.getByText('the repositories chosen there').waitFor()
  expect((await places.textContent())?.includes('acme')).toBe(true)
  expect(await page.getByText('The GitHub App is made').count()).toBe(0)

  await appPart().getByRole('button', { name: 'Forget it…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Forget it' }).click()
  await told('The GitHub App is forgotten here.')
  await appPart().getByRole('button', { name: 'Create a GitHub App…' }).waitFor()
  github.state.installations.length = 0
})

test('a form of a page is posted to GitHub and to nobody else', async () => {
  const { headers } = await slipway.api('GET', '/')
  const policy = headers.get('content-security-policy')?.split(';') ?? []
  expect(policy.filter((it) => it.startsWith('form-action'))).toEqual([`form-action 'self' ${git.url}`])
})

test('a private repository is read by a deploy key that is offered, once it was added there', async () => {
  await page.goto('/new')
  await page.getByRole('textbox', { name: 'Repository', exact: true }).fill('acme/hidden')
  await page.getByText('Is this repository private?').waitFor()
  await page.getByRole('button', { name: 'Use a deploy key' }).click()
  await page.getByRole('button', { name: 'Copy the deploy key' }).click()
  const key = await page.evaluate(() => navigator.clipboard.readText())
  expect(key).toMatch(/^ssh-ed25519 /)
  await expectAccessible(page)

  await page.getByRole('button', { name: 'I added it, try again' }).click()
  await page.getByText('Is this repository private?').waitFor()
  ssh.allow({ 'acme/hidden': [key] })
  await page.getByRole('button', { name: 'I added it, try again' }).click()
  await page.getByText('acme/hidden, private, and Slipway can read it.').waitFor()
  await page.getByText('Is this repository private?').waitFor({ state: 'detached' })

  const sent = page.waitForRequest((it) => it.method() === 'POST' && it.url().endsWith('/api/deployments'))
  await page.route('**/api/deployments', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 409, json: { code: 'not_possible_now', message: 'Not now.' } })
      : route.continue(),
  )
  await page.getByRole('button', { name: 'Deploy', exact: true }).click()
  const { body } = await slipway.api('GET', '/api/deploy-keys')
  expect((await sent).postDataJSON().deployKeyId).toBe(body.deployKeys[0].id)
})

test('a deploy key that no app uses is deleted after a yes', async () => {
  const keys = page.getByRole('list', { name: 'Deploy keys' })
  await keys.getByText('used by no app').waitFor()
  await keys.getByRole('button', { name: 'Delete the deploy key of acme/hidden' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click()
  await told(/The deploy key of acme\/hidden is deleted/)
  await page.getByText('None yet.').waitFor()
})
