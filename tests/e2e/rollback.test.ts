import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Going back, and changes that wait: each is shown before it is done. */

let world: World
let browser: Browser
let page: Page
let id: string

beforeAll(async () => {
  world = await createWorld()
  const repository = await makeApp(world, echo)
  const env = [
    { key: 'COLOUR', value: 'green' },
    { key: 'KEY', value: 'first-secret', secret: true },
  ]
  id = (await world.deploy({ githubUrl: repository.url, subdomain: 'back', name: 'back', env })).id
  browser = await openBrowser(world.slipway)
  page = await browser.open('/login')
  await logIn(page)
})
afterAll(async () => {
  await browser.close()
  await world.destroy()
  expectQuiet(browser)
})

const told = (text: string | RegExp) =>
  page.getByRole('status', { name: 'Messages' }).getByText(text).waitFor({ timeout: 60_000 })
const liveRelease = async () => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment.liveRelease

test('a change of variables is shown and waits for the next push, until somebody redeploys', async () => {
  await page.goto(`/apps/${id}/environment`)
  await page.getByRole('textbox', { name: 'Value of COLOUR' }).fill('red')
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await page.keyboard.type('SIZE')
  await page.keyboard.press('Tab')
  await page.keyboard.type('7')
  await page.getByRole('button', { name: 'Save…' }).click()
  const dialog = page.getByRole('dialog', { name: 'When is it deployed?' })
  expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/COLOUR\s*changed\s*green.*red/s),
    expect.stringMatching(/SIZE\s*added\s*7/),
  ])
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'With the next push' }).click()
  await told('Saved. It goes live with the next push.')
  await page.getByText('Changes wait for the next push').waitFor()
  expect(await liveRelease()).toBe(1)

  await page.getByRole('button', { name: 'Show them' }).click()
  const waiting = page.getByRole('dialog', { name: 'Changes that wait' })
  expect(await waiting.getByRole('listitem').count()).toBe(2)
  await waiting.getByRole('button', { name: 'Redeploy now' }).click()
  await told('Release 2 of back is live')
  await page.getByText('Changes wait for the next push').waitFor({ state: 'detached' })
})

test('the history of the variables says who changed what, and no value', async () => {
  await page.goto(`/apps/${id}/environment`)
  const history = page.getByRole('region', { name: 'History' })
  await history.getByRole('listitem').first().waitFor()
  expect(await history.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/admin.*added\s*SIZE.*changed\s*COLOUR/s),
    expect.stringMatching(/admin.*added\s*COLOUR, KEY/s),
  ])
  expect(await history.textContent()).not.toMatch(/green|red|first-secret/)
})

test('a rollback shows what it changes before one click does it', async () => {
  const env = [{ key: 'COLOUR' }, { key: 'KEY', value: 'second-secret', secret: true }]
  await world.slipway.api('PATCH', `/api/deployments/${id}`, { env, overrides: { memoryMb: 200 } })
  await world.settled(id)
  await page.goto(`/apps/${id}/releases`)
  await page.getByText('asked for by admin').first().waitFor()
  const asked = Promise.withResolvers<void>()
  await page.route('**/difference', (route) => asked.promise.then(() => route.continue()))
  await page.getByRole('button', { name: 'Roll back to release 1' }).click()
  const changes = page.getByRole('dialog').getByRole('status', { name: 'What changes' })
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Roll back' })
  await confirm.waitFor()
  expect(await confirm.isDisabled()).toBe(true)
  asked.resolve()
  await changes.getByText('COLOUR').waitFor()
  expect(await changes.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/COLOUR\s*changed\s*red.*green/s),
    expect.stringMatching(/KEY\s*changed\s*secret, its value is hidden/),
    expect.stringMatching(/Memory \(MiB\)\s*200.*not set/s),
  ])
  expect(await page.content()).not.toMatch(/first-secret|second-secret/)
  await expectAccessible(page)
  await confirm.click()
  await told('Release 4 of back is live')
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}/releases/3/difference`)
  expect(JSON.stringify(body)).not.toMatch(/first-secret|second-secret/)
})

test('what went back keeps the settings: they wait, and releases of another app are not to be compared', async () => {
  await page.getByText('Changes wait for the next push').waitFor()
  const { status } = await world.slipway.api('GET', `/api/deployments/${id}/releases/99/difference`)
  expect(status).toBe(404)
})
