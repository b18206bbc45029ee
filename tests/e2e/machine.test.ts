import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let browser: Browser
let page: Page
let app: { id: string }

beforeAll(async () => {
  world = await createWorld()
  const { url } = await world.repository('hello-static')
  app = await world.deploy({ githubUrl: url, subdomain: 'blog', name: 'Blog' })
})
afterAll(() => world.destroy())
beforeEach(async () => {
  browser = await openBrowser(world.slipway)
  page = await browser.open('/login')
  await logIn(page)
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser)
})

const labels = () => ({ 'slipway.instance': world.slipway.instance })

/** A container with our mark that no ledger knows. */
async function orphan(name: string): Promise<string> {
  const [image] = await world.docker.listImages({ filters: { label: [`slipway.instance=${world.slipway.instance}`] } })
  const full = `${world.slipway.instance}-${name}`
  await world.docker.createContainer({ Image: image?.RepoTags?.[0] ?? '', name: full, Labels: labels() })
  return full
}

const exists = async (name: string) => {
  const all = await world.docker.listContainers({
    all: true,
    filters: { label: Object.entries(labels()).map((it) => it.join('=')) },
  })
  return all.some(({ Names }) => Names.includes(`/${name}`))
}

test('the doctor shows an orphan, asks before it goes, removes it and says so', async () => {
  const name = await orphan('lost')
  await page.goto('/machine')
  const finding = page.getByRole('listitem').filter({ hasText: name })
  await finding.getByRole('button', { name: 'Remove' }).click()
  const dialog = page.getByRole('dialog', { name: 'Remove?' })
  await dialog.getByText(name).waitFor()
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await exists(name)).toBe(true)

  await finding.getByRole('button', { name: 'Remove' }).click()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: `Removed The container ${name}` })
    .waitFor()
  await page.getByRole('region', { name: 'Orphans' }).waitFor({ state: 'detached' })
  expect(await exists(name)).toBe(false)
  await expectAccessible(page)
})

test('a volume without an owner goes only after it was said that its data goes too', async () => {
  const name = `${world.slipway.instance}-lost-data`
  await world.docker.createVolume({ Name: name, Labels: labels() })
  await page.goto('/machine')
  await page.getByRole('listitem').filter({ hasText: name }).getByRole('button', { name: 'Remove' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('A volume goes with the data in it.').waitFor()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('status').filter({ hasText: name }).waitFor()
  await page.getByRole('region', { name: 'Orphans' }).waitFor({ state: 'detached' })
})

test('several orphans go together, and the doctor looks again when it is asked', async () => {
  await page.goto('/machine')
  await page.getByText('Looked just now').waitFor()
  const names = [await orphan('one'), await orphan('two')]
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByRole('button', { name: 'Remove all 2' }).click()
  await page.getByRole('dialog', { name: 'Remove all 2?' }).getByRole('button', { name: 'Remove' }).click()
  for (const name of names) await page.getByRole('status').filter({ hasText: name }).waitFor()
  expect(await Promise.all(names.map(exists))).toEqual([false, false])
})

test('what the machine uses is drawn, told in words, and moves on by itself', async () => {
  await page.goto('/machine')
  const chart = page.getByRole('img', { name: /^CPU over the last/ })
  await chart.locator('canvas').waitFor()
  await page
    .getByRole('region', { name: 'Memory' })
    .getByText(/^[\d.]+ [MG]iB to [\d.]+ [MG]iB in the last/)
    .waitFor()
  const picture = () => chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())
  const before = await picture()
  await expect.poll(picture, { timeout: 30_000 }).not.toBe(before)
})

test('what takes up the disk is shown per app, and measured again when asked', async () => {
  await page.goto('/machine/disk')
  await page.getByText(/% in use/).waitFor()
  const row = page.getByRole('row', { name: /^Blog/ })
  await row
    .getByText(/[\d.]+ [KMG]iB/)
    .first()
    .waitFor()
  await page.getByText('Slipway’s own data').waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Measure again' }).click()
  await page.getByText(/^Measured just now/).waitFor()
})

test('ports, domains, receipts and the audit log tell of an app from its first deploy to its end', async () => {
  await page.goto('/machine/ports')
  await page.getByText(/^1 of \d+ in use/).waitFor()
  await page
    .getByRole('row', { name: /In use Blog/ })
    .getByRole('link', { name: 'Blog' })
    .waitFor()
  await page.getByLabel('Search ports and apps').fill('nothing like this')
  await page.getByText('No port or app matches “nothing like this”.').waitFor()

  await page.getByRole('link', { name: 'Domains' }).click()
  const address = page.getByRole('link', { name: 'blog.localhost' })
  expect(await address.getAttribute('href')).toContain('blog.localhost')
  await page.getByRole('row', { name: /blog.localhost.*nginx vhost/ }).waitFor()

  await page.getByRole('link', { name: 'Receipts' }).click()
  await page.getByRole('heading', { name: 'Nothing was deleted yet' }).waitFor()
  await world.remove(app.id)
  await page.getByRole('link', { name: 'Blog' }).waitFor()
  await page.getByText(/\d+ things removed, all verified/).waitFor()
  expect(await page.getByRole('link', { name: 'Blog' }).getAttribute('href')).toBe(`/receipts/${app.id}`)
  const search = page.getByLabel('Search name, subdomain, repository')
  await search.fill('nothing like it')
  await page.getByText('No receipt matches “nothing like it”.').waitFor()
  await search.fill('HELLO-static')
  await page.getByText('1 receipt shown').waitFor()

  await page.getByRole('link', { name: 'Audit log' }).click()
  await page
    .getByRole('row', { name: /Deleted an app/ })
    .getByRole('link', { name: 'a deleted app' })
    .waitFor()
  await page.getByLabel('Kind of action').selectOption('The machine')
  await page
    .getByRole('row', { name: /Had the doctor repair/ })
    .first()
    .waitFor()
  expect(await page.getByRole('row', { name: /Logged in/ }).count()).toBe(0)
})
