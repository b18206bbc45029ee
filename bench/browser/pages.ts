import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { type Browser, logIn, openBrowser } from '../../tests/support/browser.ts'
import { writeManyApps } from '../../tests/support/many-apps.ts'
import { root, type Slipway } from '../../tests/support/slipway.ts'
import { median, show } from '../figures.ts'
import { recordKeys, timesOfKeys } from './keys.ts'

/** What the logged-in page of all apps costs to load, and how fast its search answers. */

const ROUNDS = 7
export const APPS = 500

/** Loads the list of 500 apps some times with an empty cache, then types into its search. Prints; asserts nothing. */
export async function benchPages(slipway: Slipway): Promise<void> {
  await writeManyApps(slipway.dataDir, APPS)
  const browser = await openBrowser(slipway)
  try {
    const page = await browser.open('/login')
    await logIn(page)
    await benchLoad(browser)
    for (const view of ['Cards', 'Table']) await benchSearch(page, view)
  } finally {
    await browser.close()
  }
}

async function benchLoad(browser: Browser): Promise<void> {
  const paints: number[] = []
  let scripts = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.context.newPage()
    const protocol = await browser.context.newCDPSession(page)
    await protocol.send('Network.setCacheDisabled', { cacheDisabled: true })
    scripts = new Set()
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.add(new URL(response.url()).pathname)
    })
    await page.goto('/')
    await page.getByRole('link', { name: 'blog-0', exact: true }).waitFor()
    await page.waitForLoadState('networkidle')
    paints.push(await largestPaint(page))
    await page.close()
  }
  const sizes = await Promise.all(
    [...scripts].map(async (it) => (await readFile(path.join(root, 'dist', 'web', `${it}.gz`))).length),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  console.log(`list of ${APPS} apps, first load, empty cache, ${ROUNDS} times`)
  console.log(`  JavaScript, gzip: ${(total / 1000).toFixed(1)} kB in ${scripts.size} files (goal 120)`)
  console.log(`  Largest Contentful Paint: ${show(paints)} (goal 1000)`)
}

/** Milliseconds from the start of the load to the paint of the largest thing on the page. */
function largestPaint(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? Number.NaN)).observe({
          type: 'largest-contentful-paint',
          buffered: true,
        })
      }),
  )
}

async function benchSearch(page: Page, view: string): Promise<void> {
  await page.getByRole('button', { name: view, exact: true }).click()
  await recordKeys(page)
  await page.getByRole('searchbox', { name: 'Search apps' }).focus()
  for (const key of [...'blog-12', ...Array<string>(7).fill('Backspace'), ...'acme shop']) {
    await page.keyboard.press(key)
    await page.waitForTimeout(60)
  }
  const times = await timesOfKeys(page)
  await page.getByRole('searchbox', { name: 'Search apps' }).fill('')
  console.log(
    `typing in its search (${view.toLowerCase()}), from a key to the frame that shows it: median ${median(times).toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms of ${times.length} keys (goal 50)`,
  )
}
