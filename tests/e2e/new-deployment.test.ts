import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser, sizes, themes } from '../support/browser.ts'
import { createWorld, type World } from '../support/world.ts'

const TOKEN = 'ghp_0123456789abcdef0123456789abcdef0123'
let world: World
let browser: Browser
let page: Page
/** What a test means to lose on the way. */
let lost: RegExp[]

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_GITHUB_TOKEN: TOKEN } })
  const hello = await world.repository('hello-node', 'hello')
  await hello.commit({ 'apps/web/package.json': '{"scripts":{"start":"node x"}}' }, 'Say more', 'feature/more')
  await hello.commit({ 'x.txt': '1' }, 'A \u202Emessage\u202C \u001b[31mof a stranger', 'strange')
  await hello.commit({ 'x.txt': null, 'apps/web/package.json': null }, 'Greet everybody', 'main')
  await world.repository('hello-static', 'hidden')
  world.git.protect('acme', 'hidden', TOKEN)
  await world.deploy({ githubUrl: (await world.repository('hello-static', 'site')).url, subdomain: 'taken' })
})
afterAll(() => world.destroy())
beforeEach(async () => {
  lost = []
  browser = await openBrowser(world.slipway)
  page = await browser.open('/new')
  await logIn(page)
  await page.getByRole('heading', { name: 'New deployment' }).waitFor()
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser, /status of 4\d\d .*\/api\/(repository|plan|deployments)$/, ...lost)
})

const field = (name: string) => page.getByRole('textbox', { name, exact: true })
const branch = () => page.getByRole('combobox', { name: 'Branch' })
const deploy = () => page.getByRole('button', { name: 'Deploy', exact: true })

describe('the repository', () => {
  test('is understood in every form, and fills the other fields', async () => {
    const { git } = world
    const forms = ['acme/hello', `${git.url}/acme/hello.git`, `git@${new URL(git.url).hostname}:acme/hello.git`]
    for (const form of forms) {
      await field('Repository').fill(form)
      await page.getByText('acme/hello, public.').waitFor()
      expect(await branch().inputValue()).toBe('main')
      expect(await field('Subdomain').inputValue()).toBe('hello')
      await field('Repository').fill('')
    }
    await field('Repository').fill(`${git.url}/acme/hello/tree/feature/more/apps/web`)
    await page.getByText('acme/hello, public.').waitFor()
    expect(await branch().inputValue()).toBe('feature/more')
    expect(await field('Folder').inputValue()).toBe('apps/web')
  })

  test('that is private is told so, and one that is not there says what to do', async () => {
    await field('Repository').fill('acme/hidden')
    await page.getByText('acme/hidden, private, and Slipway can read it.').waitFor()
    await field('Repository').fill('acme/nowhere')
    await page
      .locator('[data-field=githubUrl] .error')
      .getByText(/nowhere/)
      .waitFor()
    await field('Repository').fill('https://gitlab.example/a/b')
    await page.getByText(/That is not a repository on/).waitFor()
    expect(await field('Repository').getAttribute('aria-invalid')).toBe('true')
  })

  test('can be named by the address of the page', async () => {
    await page.goto('/new?repo=acme/hello')
    await page.getByText('acme/hello, public.').waitFor()
  })
})

test('branches of the remote are offered, the default first, and what strangers wrote is shown inert', async () => {
  await field('Repository').fill('acme/hello')
  await page.getByText('acme/hello, public.').waitFor()
  await page.getByRole('button', { name: 'Show the branches' }).click()
  expect(
    (await page.getByRole('listbox').getByRole('option').allTextContents()).map((it) => it.split(' ')[0]?.trim()),
  ).toEqual(['main', 'feature/more', 'strange'])
  await branch().fill('stra')
  await page.getByRole('listbox').getByRole('option', { name: 'strange' }).click()
  expect(await branch().inputValue()).toBe('strange')
  await page.getByText('A ⟨U+202E⟩message⟨U+202C⟩ ⟨U+001B⟩[31mof a stranger').waitFor()
  await branch().fill('not-there')
  await page.keyboard.press('Escape')
  await page.getByText('The repository has no branch of this name yet.').waitFor()
  await page
    .getByText(/There is no branch “not-there”/)
    .first()
    .waitFor()
})

test('a subdomain is checked as it is typed; a refused one takes the cursor when it is sent', async () => {
  await field('Repository').fill('acme/hello')
  await page.getByText(/hello\..* is free\./).waitFor()
  await field('Subdomain').fill('Not ok')
  await page.getByText(/Use letters a–z/).waitFor()
  await field('Subdomain').fill('taken')
  await page.locator('[data-field=subdomain] .error').waitFor()
  await page.getByText('This would stop it').waitFor()
  await deploy().click()
  await page
    .locator('[data-field=subdomain] .error')
    .getByText(/is taken by/)
    .waitFor()
  expect(await field('Subdomain').evaluate((it) => it === document.activeElement)).toBe(true)
})

describe('variables', () => {
  test('are read from a pasted file, with what was not understood; removed ones come back', async () => {
    await page.getByRole('button', { name: 'Add a variable' }).click()
    const file = '# mine\nexport A="one\ntwo"\nAPI_KEY=\'a#b $c \'\nB-C=1\nA=3\n'
    await page.evaluate((text) => navigator.clipboard.writeText(text), file)
    await page.keyboard.press('Control+V')
    await page.getByText('2 variables read.').waitFor()
    await page.getByText('A stands on the lines 2, 6: the last one wins.').waitFor()
    await page.getByText(/Line 5 is not understood: “B-C”/).waitFor()
    expect(await field('Value of API_KEY').inputValue()).toBe('a#b $c ')
    expect(await page.getByRole('checkbox', { name: 'Secret: API_KEY' }).isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Remove API_KEY' }).click()
    await page.keyboard.press('Enter')
    expect(await field('Value of API_KEY').inputValue()).toBe('a#b $c ')
  })

  test('that nobody may set are told at once and stop the form', async () => {
    await field('Repository').fill('acme/hello')
    await page.getByRole('button', { name: 'Add a variable' }).click()
    await page.keyboard.type('LD_PRELOAD')
    await page.getByText(/The variable LD_PRELOAD is not allowed/).waitFor()
    await page.keyboard.press('Control+Enter')
    expect(new URL(page.url()).pathname).toBe('/new')
  })

  test('200 of them are taken over at once, and each can be changed', async () => {
    const file = Array.from({ length: 200 }, (_, index) => `NAME_${index}=value ${index}`).join('\n')
    await page.getByRole('button', { name: 'Paste a .env file' }).click()
    await page.getByRole('textbox', { name: 'File' }).fill(file)
    await page.getByRole('button', { name: 'Take over' }).click()
    await page.getByText('200 variables read.').waitFor()
    await field('Value of NAME_100').fill('another')
    expect(await field('Value of NAME_199').inputValue()).toBe('value 199')
  })
})

test('a page left by mistake is found as it was, without the values of secrets', async () => {
  await field('Repository').fill('acme/hello')
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await page.keyboard.type('MY_TOKEN')
  await page.keyboard.press('Enter')
  await page.keyboard.type('hush hush')
  await page.getByRole('link', { name: 'Machine' }).click()
  await page.getByRole('heading', { name: 'Machine' }).waitFor()
  await page.goBack()
  await page.getByText('Your draft is back').waitFor()
  expect(await field('Repository').inputValue()).toBe('acme/hello')
  expect(await field('Value of MY_TOKEN').inputValue()).toBe('')
  await page.getByText('Type the value again').waitFor()
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-field=env] :focus').waitFor()
  expect(new URL(page.url()).pathname).toBe('/new')
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('hush')
})

describe.each(themes)('in the %s theme', (theme) => {
  test('the form has no violation with all of it open, wide and narrow', async () => {
    await page.emulateMedia({ colorScheme: theme })
    await field('Repository').fill('acme/hello')
    await page.getByText('nginx vhost').waitFor()
    await page.getByText('The Dockerfile Slipway writes').click()
    await page.getByText(/^Advanced/).click()
    await page.getByRole('button', { name: 'Add a volume' }).click()
    await page.getByRole('button', { name: 'Add a variable' }).click()
    await page.keyboard.type('A-B')
    for (const size of Object.values(sizes)) {
      await page.setViewportSize(size)
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(size.width)
    }
  })
})

test('by keyboard alone: the plan is shown, the app is deployed, its page opens', async () => {
  await field('Repository').focus()
  await page.keyboard.type('acme/hello')
  await page.getByText('nginx vhost').waitFor()
  await page.getByText('Greet everybody').waitFor()
  await page.getByText(`${world.slipway.instance}-hello-1`).first().waitFor()
  await page.getByText(/^Advanced/).focus()
  await page.keyboard.press('Enter')
  await field('Memory (MiB)').fill('64')
  await page.keyboard.press('Enter')
  expect(new URL(page.url()).pathname).toBe('/new')
  await page.keyboard.press('Control+Enter')
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  const id = page.url().split('/').at(-1) ?? ''
  const app = await world.settled(id)
  expect(app).toMatchObject({ status: 'running', subdomain: 'hello', branch: 'main', overrides: { memoryMb: 64 } })
  await page.goto('/new')
  await page.getByRole('heading', { name: 'New deployment' }).waitFor()
  expect(await field('Repository').inputValue()).toBe('')
})

test('an app whose answer was lost on the way is found, not called taken', async () => {
  await field('Repository').fill('acme/site')
  await page.getByText('acme/site, public.').waitFor()
  await field('Subdomain').fill('lost')
  lost = [/ERR_FAILED/]
  await page.route('**/api/deployments', async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('heading', { name: 'New deployment' }).click()
  await page.keyboard.press('Control+Enter')
  await page.waitForURL(/\/apps\/[0-9a-f-]{36}$/)
  expect(await world.settled(page.url().split('/').at(-1) ?? '')).toMatchObject({ subdomain: 'lost' })
})
