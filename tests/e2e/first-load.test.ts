import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { writeManyApps } from '../support/many-apps.ts'
import { createSlipway, root, type Slipway } from '../support/slipway.ts'

const BUDGET_BYTES = 120_000

let slipway: Slipway
let browser: Browser

beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
  await writeManyApps(slipway.dataDir, 500)
  browser = await openBrowser(slipway)
})
afterAll(async () => {
  await browser.close()
  await slipway.destroy()
  expectQuiet(browser)
})

test('the list of apps needs at most 120 kB of JavaScript, and no log viewer, charts or palette', async () => {
  const page = await browser.open('/login')
  await logIn(page)
  const scripts = new Set<string>()
  page.on('request', (request) => {
    if (/\.js$/.test(new URL(request.url()).pathname)) scripts.add(new URL(request.url()).pathname)
  })
  await page.goto('/')
  await page.getByRole('link', { name: 'blog-0', exact: true }).waitFor()
  await page.waitForLoadState('networkidle')
  const sizes = await Promise.all([...scripts].map((it) => readFile(path.join(root, 'dist', 'web', `${it}.gz`))))
  const total = sizes.reduce((sum, { length }) => sum + length, 0)
  expect(scripts.size).toBeGreaterThan(1)
  expect(total).toBeLessThanOrEqual(BUDGET_BYTES)
  expect([...scripts].filter((it) => /LogView|Chart|Palette|uPlot/i.test(it))).toEqual([])
})

test('500 apps are all there: found by the search, counted, and drawn as one scrolls', async () => {
  const page = await browser.open('/')
  await page.getByRole('link', { name: 'blog-0', exact: true }).waitFor()
  await page.getByText('500 apps shown').waitFor({ state: 'attached' })
  expect(await page.getByRole('main').getByRole('listitem').count()).toBeLessThan(100)
  const search = page.getByRole('searchbox', { name: 'Search apps' })
  await search.fill('acme metrics-499')
  await page.getByRole('link', { name: 'metrics-499', exact: true }).waitFor()
  expect(await page.getByRole('main').getByRole('listitem').count()).toBe(1)
  await search.fill('')
  await page.getByRole('link', { name: 'blog-0', exact: true }).waitFor()
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, 20_000)
        return page.getByRole('link', { name: 'wiki-494', exact: true }).count()
      },
      { timeout: 30_000 },
    )
    .toBe(1)
})

test('what the list is narrowed to stays after a reload and on the way back', async () => {
  const page = await browser.open('/')
  await page
    .getByRole('button', { name: /^Stopped/ })
    .first()
    .click()
  await page.getByRole('searchbox', { name: 'Search apps' }).fill('status')
  await page.waitForURL('**/?status=stopped&search=status')
  const shown = await page.getByRole('main').getByRole('listitem').count()
  await page.reload()
  await expect.poll(() => page.getByRole('main').getByRole('listitem').count()).toBe(shown)
  await page.getByRole('link', { name: 'New deployment' }).click()
  await page.getByRole('heading', { name: 'New deployment' }).waitFor()
  await page.goBack()
  expect(await page.getByRole('searchbox', { name: 'Search apps' }).inputValue()).toBe('status')
  expect(
    await page
      .getByRole('button', { name: /^Stopped/ })
      .first()
      .getAttribute('aria-pressed'),
  ).toBe('true')
})
