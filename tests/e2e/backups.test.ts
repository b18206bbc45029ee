import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { PASSPHRASE } from '../support/backup-file.ts'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser } from '../support/browser.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

let slipway: Slipway
let browser: Browser
let page: Page
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-backups-'))
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
})
afterAll(async () => {
  await slipway.destroy()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  browser = await openBrowser(slipway)
  page = await browser.open('/login')
  await logIn(page)
  await page.goto('/settings/backups')
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser, /status of 502 .*\/api\/backup-settings/)
})

test('backups are set up, one is made, fetched and deleted', async () => {
  await page.getByRole('heading', { name: 'Nothing is backed up yet' }).waitFor()
  expect(await page.getByRole('button', { name: 'Back up now' }).isDisabled()).toBe(true)
  await expectAccessible(page)

  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByText('A passphrase has at least 12 characters').waitFor()
  await page.getByLabel('Passphrase').fill(PASSPHRASE)
  await page.getByRole('textbox', { name: 'Folder' }).fill(path.join(folder, 'missing'))
  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByText('Slipway does not make it by itself').waitFor()
  await page.getByRole('radio', { name: 'storage that speaks S3' }).check()
  await page.getByLabel('Bucket').waitFor()
  await expectAccessible(page)
  await page.getByRole('radio', { name: 'a folder of this machine' }).check()
  await page.getByRole('textbox', { name: 'Folder' }).fill(folder)
  await page.getByRole('button', { name: 'Try and save' }).click()
  await page.getByText('Something was written there').waitFor()
  expect(await page.getByLabel('Passphrase').inputValue()).toBe('')
  expect(await page.content()).not.toContain(PASSPHRASE)

  await page.getByRole('button', { name: 'Back up now' }).click()
  const row = page.getByRole('row').filter({ hasText: 'Made' }).filter({ hasText: '.tar.gz.age' })
  await row.getByText('0 apps, 0 volumes').waitFor()
  await expectAccessible(page)
  const fetching = page.waitForEvent('download')
  await row.getByRole('link', { name: 'Download' }).click()
  const fetched = await fetching
  const [name = ''] = await readdir(folder)
  expect(fetched.suggestedFilename()).toBe(name)
  expect(await fetched.failure()).toBeNull()

  await row.getByRole('button', { name: `Delete ${name}` }).click()
  await page.getByRole('button', { name: 'Delete backup' }).click()
  await page.getByRole('heading', { name: 'Nothing is backed up yet' }).waitFor()
  expect(await readdir(folder)).toEqual([])
})
