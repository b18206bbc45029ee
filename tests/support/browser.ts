import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Slipway } from './slipway.ts'

/** Debian's Chromium, quiet and without a network of its own. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
export const PASSWORD = 'correct horse battery'

export const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } }
export const themes = ['light', 'dark'] as const
export type Theme = (typeof themes)[number]

type Look = { theme?: Theme; size?: { width: number; height: number }; reducedMotion?: boolean }

/** A real Chromium with a fresh profile. Close it when the test is over. */
export type Browser = {
  context: BrowserContext
  /** A window of its own in the same profile, on a page of the server. What goes wrong in it is kept in `troubles`. */
  open(address?: string): Promise<Page>
  /** Errors on the console, uncaught ones, and what the Content-Security-Policy refused. */
  troubles: string[]
  close(): Promise<void>
}

export async function openBrowser(slipway: Pick<Slipway, 'url'>, look: Look = {}): Promise<Browser> {
  const profile = await mkdtemp(path.join(tmpdir(), 'slipway-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: ARGS,
    baseURL: slipway.url,
    colorScheme: look.theme ?? 'light',
    reducedMotion: look.reducedMotion ? 'reduce' : 'no-preference',
    viewport: look.size ?? sizes.wide,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(45_000)
  const troubles: string[] = []
  context.on('page', (page) => {
    visitAgain(page)
    page.on('pageerror', (error) => troubles.push(`${error.name}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(`${message.text()} ${message.location().url}`)
    })
  })
  return {
    context,
    troubles,
    async open(address = '/') {
      const page = await context.newPage()
      await page.goto(address)
      return page
    },
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A visit that is lost to a change of networks is made once more, as a person would. */
function visitAgain(page: Page): void {
  const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)]
  const lost = (error: unknown) => {
    if (!NETWORK_CHANGED.test(String(error))) throw error
  }
  page.goto = async (...visit) => (await goto(...visit).catch(lost)) ?? goto(...visit)
  page.reload = async (...how) => (await reload(...how).catch(lost)) ?? reload(...how)
}

/** Logs in on the page that is open, as the admin. */
export async function logIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('User name').fill('admin')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
}

/** Saves the form that is open, and deploys what changed at once. */
export async function saveNow(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save…' }).click()
  await page.getByRole('dialog', { name: 'When is it deployed?' }).getByRole('button', { name: 'Redeploy now' }).click()
}

/** The question that finds out that nobody is logged in yet. */
const FIRST_QUESTION = /status of 401 .*\/api\/auth\/verify$/
/** An app that is deleted while a page shows it is asked for once more, and its receipt until it is there. */
const GONE = /status of 404 .*\/api\/(deployments|status|logs|receipts)\/[0-9a-f-]{36}/
/**
 * Chromium gives up what is under way when the machine's networks change, and the engine makes some while the browser
 * runs beside it. The page asks again; a piece of code that was lost so fails to be imported first.
 */
const NETWORK_CHANGED = /ERR_NETWORK_CHANGED/
export const LOST_CODE = /Failed to fetch dynamically imported module|Unable to preload CSS/

/** Nothing went wrong in the browser but what the test means to go wrong. */
export function expectQuiet({ troubles }: Browser, ...meant: RegExp[]): void {
  const lostCode = troubles.some((it) => NETWORK_CHANGED.test(it)) ? [LOST_CODE] : []
  const expected = [FIRST_QUESTION, GONE, NETWORK_CHANGED, ...lostCode, ...meant]
  expect(troubles.filter((it) => !expected.some((pattern) => pattern.test(it)))).toEqual([])
}

/** No violation of WCAG 2.2 AA and axe's best practices on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const told = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((it) => it.html.slice(0, 200)).join('\n  ')}`,
  )
  expect(told, `on ${page.url()}`).toEqual([])
}
