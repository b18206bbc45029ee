import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Browser, expectAccessible, expectQuiet, logIn, openBrowser, saveNow } from '../support/browser.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** What the page of one app does besides the main path. */

const BROKEN = { code: 'broken', message: 'Broken.', hint: 'Mend it.' }
let world: World
let browser: Browser
let page: Page
/** What a test means to go wrong in the browser. */
let meant: RegExp[]

beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())
beforeEach(async () => {
  meant = []
  browser = await openBrowser(world.slipway)
  page = await browser.open('/')
  await logIn(page)
})
afterEach(async () => {
  await browser.close()
  expectQuiet(browser, ...meant)
})

const deploy = async (subdomain: string, more: Record<string, unknown> = {}, files: Record<string, string> = {}) =>
  world.deploy({ githubUrl: (await makeApp(world, echo, files)).url, subdomain, name: subdomain, ...more })
const told = (text: string | RegExp, on = page) =>
  on.getByRole('status', { name: 'Messages' }).getByText(text).waitFor({ timeout: 60_000 })
const openTab = (name: string) => page.getByRole('link', { name, exact: true }).click()

test('stop, start, roll back: each tells its end, and a second window shows the same', async () => {
  const { id } = await deploy('switched')
  await page.goto(`/apps/${id}`)
  const second = await browser.open(`/apps/${id}/releases`)
  await page.bringToFront()

  await page.getByRole('button', { name: 'Redeploy' }).click()
  await told('Release 2 of switched is live')
  await second.getByRole('button', { name: 'Roll back to release 1' }).waitFor()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Stop' }).click()
  await told('switched is stopped')
  await second.getByText('Stopped', { exact: true }).waitFor()
  await page.getByRole('link', { name: /^Visit/ }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await told('switched runs again')

  await second.bringToFront()
  await second.getByRole('button', { name: 'Roll back to release 1' }).click()
  await second.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click()
  await told('Release 3 of switched is live', second)
  await page.getByRole('heading', { name: 'Release 3 is live' }).waitFor()
  expect(await second.locator('[data-release="3"]').textContent()).toContain('the image of release 1 again')
})

test('what happens after the page was loaded and before its connection stands is shown, too', async () => {
  const { id } = await deploy('early')
  const connected = Promise.withResolvers<void>()
  await page.routeWebSocket(/\/api\/events/, async (socket) => {
    await connected.promise
    socket.connectToServer()
  })
  await page.goto(`/apps/${id}`)
  await page.getByText('Running', { exact: true }).waitFor()
  await world.slipway.api('POST', `/api/deployments/${id}/stop`)
  await world.settled(id)
  connected.resolve()
  await page.getByText('Stopped', { exact: true }).waitFor()
})

test('a step that fails says why, and leads to the line of the log', async () => {
  const Dockerfile = 'FROM node:24-slim\nRUN echo on the way && ls /nowhere\n'
  const { id } = await deploy('failing', {}, { Dockerfile })
  await page.goto(`/apps/${id}`)
  const step = page.locator('[data-step="build-image"]')
  await step.getByText('failed', { exact: true }).waitFor()
  expect(await page.locator('[data-step="check-out"]').textContent()).toContain('undone')
  expect(await page.locator('[data-step="start-container"]').textContent()).toContain('not reached')
  await page.getByText('Undone: nothing of it is left.').waitFor()
  await expectAccessible(page)
  await step.getByRole('link', { name: 'Show the log line' }).click()
  await page.getByText("ls: cannot access '/nowhere'").first().waitFor()
})

test('variables: what changes is counted, kept while one leaves by mistake, and deployed when it is saved', async () => {
  const { id } = await deploy('variables', { env: [{ key: 'SECRET', value: 'not shown', secret: true }] })
  await page.goto(`/apps/${id}/environment`)
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await page.keyboard.type('COLOUR')
  await page.keyboard.press('Tab')
  await page.keyboard.type('green')
  await page.getByText('Not saved yet: 1 variable added.').waitFor()
  await openTab('Overview')
  await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Stay' }).click()
  await saveNow(page)
  await told('Saved. Release 2 is being deployed with it.')
  await page.getByText('All is saved.').waitFor()
  await told('Release 2 of variables is live')
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}/env`)
  expect(body.env).toMatchObject([
    { key: 'SECRET', secret: true },
    { key: 'COLOUR', value: 'green' },
  ])
})

test('leaving waits for a save that is under way, and a number that is lost behind it takes nothing back', async () => {
  const { id } = await deploy('saving')
  const go = Promise.withResolvers<void>()
  meant = [/status of 500/]
  await page.route(`**/api/deployments/${id}`, async (route) => {
    if (route.request().method() === 'PATCH') await go.promise
    await route.continue()
  })
  await page.route('**/api/status/**', (route) => route.fulfill({ status: 500, json: BROKEN }))
  await page.goto(`/apps/${id}/environment`)
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await page.keyboard.type('COLOUR')
  await saveNow(page)
  await page.getByText('Saving…').waitFor()
  expect(await page.locator('form [inert]').getByLabel('Value of COLOUR').count()).toBe(1)
  await openTab('Overview')
  await page.keyboard.type('lost otherwise')
  expect(new URL(page.url()).pathname).toBe(`/apps/${id}/environment`)
  go.resolve()
  await told('Saved. A new release is being deployed with it.')
  await page.waitForURL(`**/apps/${id}`)
  expect(await page.getByRole('dialog').count()).toBe(0)
  await page.unroute('**/api/status/**')
  await told('Release 2 of saving is live')
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}/env`)
  expect(body.env).toMatchObject([{ key: 'COLOUR', value: '' }])
})

test('what is saved is shown as saved though the server does not tell it again', async () => {
  const { id } = await deploy('untold')
  meant = [/status of 500/]
  await page.goto(`/apps/${id}/environment`)
  await page.getByRole('button', { name: 'Add a variable' }).click()
  await page.keyboard.type('A_TOKEN')
  await page.keyboard.press('Enter')
  await page.keyboard.type('hush')
  await page.route('**/env', (route) => route.fulfill({ status: 500, json: BROKEN }))
  await saveNow(page)
  await page.getByText('All is saved.').waitFor()
  expect(await page.getByLabel('Value of A_TOKEN').inputValue()).toBe('')
  await page.unroute('**/env')
  await told('Release 2 of untold is live')
})

test('a save that fails keeps what was typed, and asks whoever was leaving', async () => {
  const { id } = await deploy('refused')
  const go = Promise.withResolvers<void>()
  meant = [/status of 500/]
  await page.route(`**/api/deployments/${id}`, async (route) => {
    if (route.request().method() !== 'PATCH') return route.continue()
    await go.promise
    await route.fulfill({ status: 500, json: BROKEN })
  })
  await page.goto(`/apps/${id}/settings`)
  await page.getByLabel('Name', { exact: true }).fill('Refused')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await openTab('Overview')
  go.resolve()
  await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('alert').getByText('Mend it.').waitFor()
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Refused')
  await page.getByText('Not saved yet: name.').waitFor()
  await page.getByRole('button', { name: 'Discard' }).click()
})

test('settings: only what changed is sent, and a new subdomain is the address', async () => {
  const { id } = await deploy('moving')
  await page.goto(`/apps/${id}/settings`)
  const sent = page.waitForRequest((it) => it.method() === 'PATCH')
  await page.getByLabel('Name', { exact: true }).fill('Moved')
  await page.getByLabel('Subdomain').fill('moved')
  await page.getByText('The address changes').waitFor()
  await expectAccessible(page)
  await saveNow(page)
  expect((await sent).postDataJSON()).toEqual({ name: 'Moved', subdomain: 'moved' })
  await told('Release 2 of Moved is live')
  expect(await world.ask('moved.localhost')).toMatchObject({ status: 200 })
  await openTab('On this machine')
  await page.getByText('moved.conf', { exact: true }).waitFor()
  await expectAccessible(page)
})

test('a delete that gets stuck says why, goes on by a press, and ends in the receipt with the data kept', async () => {
  const { id } = await deploy('stubborn', { volumes: [{ name: 'data', path: '/data' }] })
  const name = `${world.slipway.instance}-stubborn-1`
  const guest = await world.docker.createContainer({ Image: 'node:24-slim', Cmd: ['sleep', '600'] })
  await guest.start()
  await world.docker.getNetwork(name).connect({ Container: guest.id })
  try {
    await page.goto(`/apps/${id}`)
    const second = await browser.open(`/apps/${id}/settings`)
    await page.bringToFront()
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    const confirm = page.getByRole('button', { name: 'Delete the app' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel('Type stubborn to confirm').fill('stubborn')
    expect(await page.getByLabel('Keep the data').isChecked()).toBe(true)
    await expectAccessible(page)
    await confirm.click()
    await page.getByRole('alert').getByText('Something will not go').waitFor({ timeout: 60_000 })
    await second.getByRole('alert').getByText('Something will not go').waitFor()
    await page.getByText(/^\d+ of \d+ gone, 1 kept as you wished$/).waitFor()
    await expectAccessible(page)
    await page.reload()
    await page.getByRole('alert').getByText('Something will not go').waitFor()
    await world.docker.getNetwork(name).disconnect({ Container: guest.id, Force: true })
    await page.getByRole('button', { name: 'Try again' }).click()
    for (const it of [page, second])
      await it.getByRole('heading', { name: 'Receipt: stubborn is deleted' }).waitFor({ timeout: 60_000 })
    await page.getByText('1 volume kept').waitFor()
    await expectAccessible(page)
    await page.goto(`/apps/${id}`)
    await page.waitForURL(`**/receipts/${id}`)
  } finally {
    await guest.remove({ force: true })
  }
})

test('a delete keeps the data unless its end was seen and chosen, and forgets what was chosen before Cancel', async () => {
  const { id } = await deploy('careful', { name: 'Careful app', volumes: [{ name: 'data', path: '/data' }] })
  const openDelete = async () => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
  }
  const dialog = page.getByRole('dialog')
  const typed = page.getByLabel('Type careful to confirm')
  const confirm = page.getByRole('button', { name: 'Delete the app' })
  meant = [/status of 500/]
  await page.route('**/ledger', (route) => route.fulfill({ status: 500, json: BROKEN }))
  await page.goto(`/apps/${id}`)
  await openDelete()
  await typed.fill('careful')
  await dialog.getByText('Or: Careful app').waitFor()
  await dialog.getByText('Could not load what will go').waitFor()
  expect(await confirm.isDisabled()).toBe(true)
  await page.unroute('**/ledger')
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await page.getByLabel('Delete the data for good').check()
  await page.getByRole('button', { name: 'Delete the app and its data' }).waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await openDelete()
  await page.getByLabel('Keep the data').waitFor()
  expect(await page.getByLabel('Keep the data').isChecked()).toBe(true)
  expect(await typed.inputValue()).toBe('')
  expect(await confirm.isDisabled()).toBe(true)
  await typed.fill('Careful app')
  const sent = page.waitForRequest((it) => it.method() === 'DELETE')
  await confirm.click()
  expect((await sent).url()).toContain('volumes=keep')
  await page.getByText('1 volume kept').waitFor({ timeout: 60_000 })
})

test('data that its owner wants gone goes with the app, and the receipt says so', async () => {
  const { id } = await deploy('cleared', { volumes: [{ name: 'data', path: '/data' }] })
  const volume = (await world.inventory()).volumes?.find((it) => it.includes(id)) ?? ''
  expect(volume).toContain('data')
  await page.goto(`/apps/${id}`)
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await page.getByLabel('Delete the data for good').check()
  await page.getByLabel('Type cleared to confirm').fill('cleared')
  await page.getByRole('button', { name: 'Delete the app and its data' }).click()
  await page.getByRole('heading', { name: 'Receipt: cleared is deleted' }).waitFor({ timeout: 60_000 })
  await page.getByRole('row').filter({ hasText: volume }).getByText('looked for, gone').waitFor()
  expect(await page.getByText(/volumes? kept/).count()).toBe(0)
  expect((await world.inventory()).volumes).not.toContain(volume)
})
