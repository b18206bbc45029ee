import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser, sizes, themes } from '../support/browser.ts'
import { addressOf, pageNames } from '../support/pages.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
const ids = { id: '', gone: '' }

beforeAll(async () => {
  world = await createWorld()
  const { url } = await world.repository('hello-static')
  const gone = await world.deploy({ githubUrl: url, subdomain: 'gone' })
  await world.remove(gone.id)
  ids.gone = gone.id
  ids.id = (await world.deploy({ githubUrl: url, subdomain: 'blog', env: [{ key: 'GREETING', value: 'hello' }] })).id
})
afterAll(() => world.destroy())

/** Loading is over: no skeleton is left. */
async function show(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForFunction(() => document.querySelector('.skeleton') === null)
}

describe.each(themes)('in the %s theme', (theme) => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await openBrowser(world.slipway, { theme })
    page = await browser.open('/login')
    await expectAccessible(page)
    await logIn(page)
  })
  afterAll(async () => {
    await browser.close()
    expectQuiet(browser)
  })

  test.each(pageNames)('%s has one heading, a title and no violation, wide and narrow', async (name) => {
    for (const size of Object.values(sizes)) {
      await page.setViewportSize(size)
      await show(page, addressOf(name, ids))
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(await page.title()).toMatch(/^.+ · Slipway$/)
      await expectAccessible(page)
    }
  })

  test.each(pageNames)('%s fits 360 pixels without scrolling sideways', async (name) => {
    await page.setViewportSize({ width: 360, height: 800 })
    await show(page, addressOf(name, ids))
    const overhang = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement
      return scrollWidth - clientWidth
    })
    expect(overhang).toBeLessThanOrEqual(0)
  })
})
