import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Browser, expectQuiet, openBrowser, PASSWORD } from '../support/browser.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let browser: Browser

afterEach(async () => {
  await browser.close()
  expectQuiet(browser)
})
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())

/** Presses Tab until the control with this name has the focus. @throws after a round through a whole page */
async function tabTo(page: Page, role: Parameters<Page['getByRole']>[0], name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name, ...(typeof name === 'string' && { exact: true }) }).first()
  await wanted.waitFor()
  for (let press = 0; press < 80; press++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach the ${role} ${name}`)
}

/** What has the focus must be seen to have it. */
async function expectVisibleFocus(page: Page): Promise<void> {
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)
  expect(outline).not.toBe('none')
}

test('log in, deploy, stop by the palette and delete, without a mouse', async () => {
  const { url } = await makeApp(world, echo)
  browser = await openBrowser(world.slipway)
  const page = await browser.open('/')

  await page.getByLabel('User name').waitFor()
  await page.keyboard.type('admin')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')

  await tabTo(page, 'link', 'New deployment')
  await expectVisibleFocus(page)
  await page.keyboard.press('Enter')
  await tabTo(page, 'textbox', 'Repository')
  await page.keyboard.type(url)
  await tabTo(page, 'textbox', 'Subdomain')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('keys')
  await tabTo(page, 'button', /^Deploy/)
  await expectVisibleFocus(page)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /Release 1.*live/i }).waitFor()

  await page.keyboard.press('Control+K')
  await page.getByRole('dialog', { name: 'Search apps and actions' }).waitFor()
  await page.keyboard.type('stop')
  await page
    .getByRole('option', { name: /^Stop / })
    .and(page.locator('[aria-selected="true"]'))
    .waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('main').getByText('Stopped').first().waitFor()

  await tabTo(page, 'button', 'More actions')
  await page.keyboard.press('Enter')
  const remove = page.getByRole('menuitem', { name: 'Delete…' })
  await remove.waitFor()
  await page.keyboard.press('End')
  expect(await remove.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('Enter')
  await tabTo(page, 'textbox', 'Type keys to confirm')
  await page.keyboard.type('keys')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /is deleted$/ }).waitFor()
})

test('closing a dialog gives the focus back to what opened it, and Escape closes', async () => {
  browser = await openBrowser(world.slipway)
  const page = await browser.open('/')
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await tabTo(page, 'button', 'Search apps and actions')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Search apps and actions' })
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  const opener = page.getByRole('button', { name: 'Search apps and actions' })
  await expect.poll(() => opener.evaluate((element) => element === document.activeElement)).toBe(true)
})

test('where less motion is wished for, nothing moves while a build runs', async () => {
  const { url } = await makeApp(world, echo, {
    Dockerfile: `FROM node:24-slim\nRUN echo ${Date.now()}; sleep 6\nCOPY server.js .\nEXPOSE 8000\nCMD ["node", "server.js"]\n`,
  })
  browser = await openBrowser(world.slipway, { reducedMotion: true })
  const page = await browser.open('/')
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Apps' }).waitFor()
  const { body } = await world.slipway.api('POST', '/api/deployments', { githubUrl: url, subdomain: 'calm' })
  await page.goto(`/apps/${body.deployment.id}`)
  await page.locator('[data-step="build-image"][aria-current="step"]').waitFor()
  const moving = await page.evaluate(() => document.getAnimations().filter((it) => it.playState === 'running').length)
  expect(moving).toBe(0)
  await world.settled(body.deployment.id)
  await world.remove(body.deployment.id)
})
