import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { type HookReceiver, saying, startHookReceiver } from '../support/receivers.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

let slipway: Slipway
let hook: HookReceiver
let browser: Browser
let page: Page

beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  ;[hook] = await Promise.all([startHookReceiver(), slipway.start()])
})
afterAll(async () => {
  await slipway.destroy()
  await hook.stop()
})
beforeEach(async () => {
  browser = await openBrowser(slipway)
  page = await browser.open('/login')
  await logIn(page)
  await page.goto('/settings/notifications')
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser)
})

test('a webhook is added, its secret shown once, tested with the answer beside it, switched off and deleted', async () => {
  await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'New channel' }).click()
  const dialog = page.getByRole('dialog', { name: 'New channel' })
  await dialog.getByRole('radio', { name: /^Webhook/ }).check()
  expect(await dialog.getByLabel('Name').inputValue()).toBe('Webhook')
  await dialog.getByLabel('Name').fill('pager')
  await dialog.getByLabel('Address of the webhook').fill('example.com')
  await dialog.getByRole('button', { name: 'Add channel' }).click()
  await dialog.getByText('Give an address that begins with https://').waitFor()
  await expectAccessible(page)
  await dialog.getByLabel('Address of the webhook').fill(hook.url)
  await dialog.getByRole('checkbox', { name: 'Deploys work again' }).uncheck()
  await dialog.getByRole('button', { name: 'Add channel' }).click()

  const shown = page.getByRole('dialog', { name: 'The secret of the webhook' })
  await shown.getByText(/^whsec_/).waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await shown.getByRole('button', { name: 'I have copied it' }).click()
  await page.getByRole('heading', { name: 'pager' }).waitFor()
  expect(await page.content()).not.toContain('whsec_')
  expect(await page.content()).not.toContain('of-nobody-elses')

  const result = page.getByRole('status', { name: 'Result of the test of pager' })
  await page.getByRole('button', { name: 'Test pager' }).click()
  await result.getByText('answered 200: ok').waitFor()
  await page.getByText('Last sent').waitFor()
  hook.answer = saying(403, 'who are you?')
  await page.getByRole('button', { name: 'Test pager' }).click()
  await result.getByText('answered 403: who are you?').waitFor()
  await page.getByText('The last message was not taken.').waitFor()
  await expectAccessible(page)

  await page.getByRole('switch', { name: 'Send news to pager' }).uncheck()
  await expect
    .poll(async () => (await slipway.api('GET', '/api/channels')).body.channels)
    .toMatchObject([{ isEnabled: false, events: expect.not.arrayContaining(['deploy-recovered']) }])
  await page.getByRole('button', { name: 'Delete pager' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete channel' }).click()
  await page.getByRole('heading', { name: 'Nobody is told yet' }).waitFor()
})

test('a channel for mail asks for what it needs, and keeps a password that is not typed again', async () => {
  await page.getByRole('button', { name: 'New channel' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: /^E-mail/ }).check()
  await dialog.getByRole('button', { name: 'Add channel' }).click()
  await dialog.getByText('Give the host name of the mail server').waitFor()
  await dialog.getByRole('textbox', { name: 'Mail server' }).fill('smtp.example.com')
  await dialog.getByLabel('Encryption').selectOption('starttls')
  expect(await dialog.getByLabel('Port').inputValue()).toBe('587')
  await dialog.getByLabel('User name').fill('me')
  await dialog.getByLabel('Password').fill('a secret for mail')
  await dialog.getByLabel('From').fill('slipway@example.com')
  await dialog.getByLabel('To', { exact: true }).fill('ann@example.com, nobody')
  await dialog.getByText('nobody is no mail address.').waitFor()
  await dialog.getByLabel('To', { exact: true }).fill('ann@example.com, bob@example.com')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Add channel' }).click()
  await page.getByText('E-mail · ann@example.com, bob@example.com').waitFor()

  await page.getByRole('button', { name: 'Change E-mail' }).click()
  await dialog.getByText('Set. Leave this empty to keep it.').waitFor()
  await dialog.getByLabel('To', { exact: true }).fill('ann@example.com')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('E-mail · ann@example.com', { exact: true }).waitFor()
  const { channels } = (await slipway.api('GET', '/api/channels')).body
  expect(channels).toMatchObject([{ mail: { to: ['ann@example.com'], passwordIsSet: true } }])
})
