import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let browser: Browser
let page: Page
let id: string

beforeAll(async () => {
  world = await createWorld()
  const { url } = await makeApp(world, echo)
  id = (await world.deploy({ githubUrl: url, subdomain: 'blog' })).id
  browser = await openBrowser(world.slipway)
  page = await browser.open('/login')
  await logIn(page)
  await page.goto(`/apps/${id}`)
})
afterAll(async () => {
  await browser.close()
  await world.destroy()
  expectQuiet(browser, /status of 409 .*\/schedules/)
})

const row = (name: string) => page.getByRole('list', { name: 'Jobs' }).getByRole('listitem').filter({ hasText: name })

test('a job is added, told what is wrong with its line while it is typed, and shows when it comes next', async () => {
  await page.getByRole('link', { name: 'Jobs' }).click()
  await page.getByRole('heading', { name: 'No job yet' }).waitFor()
  await page.getByRole('button', { name: 'New job' }).click()
  const dialog = page.getByRole('dialog', { name: 'New job' })
  await dialog.getByLabel('Name').fill('count files')
  await dialog.getByLabel('Command').fill('echo begun; sleep 2; ls; exit 3')
  const line = dialog.getByLabel('When, as a cron line')
  await line.fill('61 * * * *')
  await dialog.getByText('invalid value for minute: 61').waitFor()
  await dialog.getByRole('button', { name: 'Add job' }).click()
  expect(await dialog.isVisible()).toBe(true)
  await dialog.getByRole('button', { name: 'Every night at 3' }).click()
  await dialog.getByText(/Next: .*03:00 · .*03:00 · .*03:00/).waitFor()
  await dialog.getByLabel('Time zone').fill('Europe/Nowhere')
  await dialog.getByText('There is no time zone “Europe/Nowhere”').waitFor()
  await dialog.getByLabel('Time zone').fill('Europe/Berlin')
  await dialog.getByText(/Next: .*03:00/).waitFor()
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Add job' }).click()
  await row('count files').getByText('not run yet').waitFor()
  await row('count files')
    .getByText(/^(in (\d+ hours?|\d+ minutes?|less than a minute)|tomorrow)$/)
    .waitFor()
})

test('it is run now, and its log is followed to its end', async () => {
  await page.getByRole('button', { name: 'Run count files now' }).click()
  await row('count files').getByText('Running').waitFor()
  await page.getByRole('button', { name: 'Runs of count files: Running' }).click()
  const dialog = page.getByRole('dialog', { name: 'Runs of count files' })
  await dialog.getByRole('log').getByText('begun').waitFor()
  await dialog.getByText('It ended with exit code 3.').waitFor()
  await dialog.getByRole('log').getByText('server.js').waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await row('count files').getByText('Failed').waitFor()
  await expectAccessible(page)
})

test('it is switched off, changed, and deleted after a yes, from the keyboard', async () => {
  const at = page.getByRole('switch', { name: 'Run count files at its times' })
  await at.focus()
  await page.keyboard.press('Space')
  await row('count files').getByText('switched off').waitFor()
  await expect.poll(() => at.evaluate((element) => element === document.activeElement)).toBe(true)
  expect((await world.slipway.api('GET', `/api/deployments/${id}/schedules`)).body.schedules[0].isEnabled).toBe(false)

  const more = page.getByRole('button', { name: 'More for count files' })
  await more.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Change' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Change the job count files' })
  expect(await dialog.getByLabel('Command').inputValue()).toBe('echo begun; sleep 2; ls; exit 3')
  await dialog.getByLabel('Name').fill('count again')
  await dialog.getByLabel('Name').press('Enter')
  await row('count again').getByText('switched off').waitFor()

  await page.getByRole('button', { name: 'More for count again' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Delete' }).press('Enter')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete job' }).click()
  await page.getByRole('heading', { name: 'No job yet' }).waitFor()
})
