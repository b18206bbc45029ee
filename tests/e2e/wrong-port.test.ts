import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let browser: Browser
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_START_TIMEOUT_SECONDS: '3' } })
  browser = await openBrowser(world.slipway)
})
afterAll(async () => {
  await browser.close()
  await world.destroy()
})

test('an app that listens on another port is put right with one click, and keeps its other settings', async () => {
  const { url } = await makeApp(world, "require('node:http').createServer((_, r) => r.end('hi')).listen(4321)")
  const { id } = await world.deploy({ githubUrl: url, subdomain: 'moved', overrides: { memoryMb: 128 } })
  const page = await browser.open('/')
  await logIn(page)
  await page.goto(`/apps/${id}`)
  const notice = page.getByRole('alert')
  await notice.getByText('The app listens on port 4321, not on 8000.').waitFor()
  await expectAccessible(page)
  await notice.getByRole('button', { name: 'Use port 4321' }).click()
  await page.getByText('Saved. Release 2 is being deployed with it.').waitFor()
  await page.getByRole('heading', { name: 'Release 2 is live' }).waitFor({ timeout: 60_000 })
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}`)
  expect(body.deployment.overrides).toEqual({ memoryMb: 128, port: 4321 })
  await notice.waitFor({ state: 'detached' })

  await page.goto(`/apps/${id}/settings`)
  await page.getByLabel('Time to start (s)').fill('4')
  await page.getByText('Give the time to start in whole seconds, from 5 to 1800.').waitFor()
  expectQuiet(browser)
  await world.remove(id)
})
