import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FrameworkApp, frameworkApps, GREETER } from '../support/framework-apps.ts'
import { createWorld, type World } from '../support/world.ts'

const A_YEAR = /max-age=31536000/
const BUILD_MS = 220_000

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_DRAIN_SECONDS: '0', SLIPWAY_RECONCILE_SECONDS: '3600' } })
})
afterAll(() => world.destroy())

test.each(frameworkApps)(
  '$fixture is deployed as $framework with nothing said about it',
  { timeout: 240_000 },
  async (app) => {
    const before = await world.inventory()
    const { url: githubUrl } = await world.repository(`frameworks/${app.fixture}`, app.fixture)
    const input = {
      githubUrl,
      subdomain: app.fixture,
      rootDir: app.rootDir ?? '',
      env: [{ key: 'GREETER', value: GREETER }],
    }
    expect((await world.slipway.api('POST', '/api/plan', input)).body).toMatchObject({ framework: app.framework })
    const { id, status } = await world.deploy(input, BUILD_MS)
    expect(status, status === 'running' ? '' : await whatWentWrong(id)).toBe('running')
    await expectAnswers(app)
    await world.remove(id)
    expect(await world.inventory()).toEqual(before)
  },
)

async function expectAnswers({ fixture, says, asset, kept = A_YEAR, isSinglePage }: FrameworkApp) {
  const ask = (address: string) => world.ask(`${fixture}.localhost`, address, { accept: 'text/html' })
  const page = await ask('/')
  expect(page).toMatchObject({ status: 200, text: expect.stringContaining(says) })
  if (asset) {
    const link = new URL(asset.exec(page.text)?.[0] ?? 'no-link', 'http://localhost/').pathname
    const file = await ask(link)
    expect(file, link).toMatchObject({ status: 200, headers: { 'cache-control': expect.stringMatching(kept) } })
  }
  const unknown = await ask('/no/such/page')
  expect(unknown).toMatchObject(isSinglePage ? { status: 200, text: page.text } : { status: 404 })
}

/** The error, and the last lines of the build. */
async function whatWentWrong(id: string): Promise<string> {
  const { error } = await world.status(id)
  const { body } = await world.slipway.api('GET', `/api/logs/${id}?before=1000000&limit=40`)
  return [`${error?.code}: ${error?.message}`, ...body.lines.map((it: { text: string }) => it.text)].join('\n')
}
