import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** ATTACKS.md 37 and 42: what repositories, builds and apps say is shown, and does nothing. */

const HTML = '<img src=x onerror="document.title=1337"><script>document.title=1337</script>'
const OSC_8 = '\\033]8;;javascript:document.title=1337\\033\\\\press me\\033]8;;\\033\\\\'
const OSC_52 = '\\033]52;c;aGFja2Vk\\007'
/** The build below begins with the time: one that comes from the cache prints nothing. */
const TITLE = '\\033]0;owned\\007'

let world: World
let browser: Browser
let page: Page
let id: string

beforeAll(async () => {
  world = await createWorld()
  const app = await makeApp(
    world,
    `console.log(${JSON.stringify(HTML)})
console.log('\\u001b]52;c;aGFja2Vk\\u0007from the app')
require('node:http').createServer((_, response) => response.end('ok')).listen(8000)`,
    {
      Dockerfile: `FROM node:24-slim
COPY server.js .
RUN echo ${Date.now()} && printf '%s\\n' '${HTML}' && printf '${OSC_8}${OSC_52}${TITLE} end of tricks\\n' && printf 'hidden\\rshown at last\\n'
EXPOSE 8000
CMD ["node", "server.js"]
`,
    },
  )
  await app.commit({ 'note.txt': 'x' }, `${HTML} \u202Egnp.exe`)
  browser = await openBrowser(world.slipway)
  page = await browser.open('/')
  await logIn(page)
  await page.evaluate(() => navigator.clipboard.writeText('untouched'))
  const deployed = await world.deploy({ githubUrl: app.url, subdomain: 'hostile' })
  expect(deployed).toMatchObject({ status: 'running' })
  id = deployed.id
})
afterAll(async () => {
  await browser.close()
  await world.destroy()
})

/** Nothing of the page is made of what was said: no foreign element, no script that ran, nothing blocked on the way. */
async function expectInert(): Promise<void> {
  expect(await page.locator('img, iframe, object, embed').count()).toBe(0)
  expect(await page.locator('a[href^="javascript:"]').count()).toBe(0)
  expect(await page.title()).toMatch(/· Slipway$/)
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('untouched')
  expectQuiet(browser)
}

test('HTML, links, clipboard writes and titles in a build log', async () => {
  await page.goto(`/apps/${id}/logs?kind=build`)
  const log = page.getByRole('log')
  await log.getByText('end of tricks').first().waitFor()
  await log.getByText(HTML).first().waitFor()
  await log.getByText('shown at last').first().waitFor()
  await log.getByText('press me end of tricks').first().waitFor()
  const text = (await log.textContent()) ?? ''
  expect([...text].filter((sign) => /\p{Cc}/u.test(sign) && sign !== '\n' && sign !== '\t')).toEqual([])
  await expectInert()
})

test('the same in what the app prints', async () => {
  await page.goto(`/apps/${id}/logs?kind=runtime`)
  const log = page.getByRole('log')
  await log.getByText(HTML).first().waitFor()
  await log.getByText('from the app').first().waitFor()
  await expectInert()
})

test('a commit message with HTML and a mark that turns text around', async () => {
  for (const address of ['/', `/apps/${id}`, `/apps/${id}/releases`]) {
    await page.goto(address)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForFunction(() => document.querySelector('.skeleton') === null)
    expect(await page.locator('body').textContent()).not.toContain('\u202E')
    await expectInert()
  }
  await page.getByText('⟨U+202E⟩gnp.exe').first().waitFor()
})

test('the policy lets no inline script run, not even one that got into the page', async () => {
  const { headers } = await fetch(world.slipway.url)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/script-src 'self'(;|$)/)
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)
  await page.goto('/')
  await page.getByRole('heading', { name: 'Apps' }).waitFor()
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'document.title = "1337"'
    document.body.append(script)
    document.body.insertAdjacentHTML('beforeend', '<p onclick="document.title = 1337" id="trap">x</p>')
    document.getElementById('trap')?.click()
    return new Promise((resolve) => setTimeout(resolve, 100))
  })
  expect(await page.title()).toMatch(/· Slipway$/)
  expect(browser.troubles.some((it) => /Content Security Policy/.test(it))).toBe(true)
  browser.troubles.length = 0
})
