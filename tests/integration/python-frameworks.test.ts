import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../support/slipway.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_START_TIMEOUT_SECONDS: '60', SLIPWAY_DRAIN_SECONDS: '0' } })
})
afterAll(() => world.destroy())

const deploy = async (name: string, more: object = {}) => {
  const folder = path.join(root, 'tests', 'fixtures', 'python', name)
  const repository = await world.git.makeRepository('acme', `python-${name}`, folder)
  return world.deploy({ githubUrl: repository.url, subdomain: name, ...more }, 240_000)
}
const ask = (name: string, address = '/') => world.ask(`${name}.localhost`, address)

test('Django: the release command makes its tables in the volume, and its collected files are served', {
  timeout: 300_000,
}, async () => {
  const before = await world.inventory()
  const app = await deploy('django', {
    env: [
      { key: 'SECRET_KEY', value: 'kept from the build', secret: true },
      { key: 'DATABASE_FILE', value: '/data/db.sqlite3' },
    ],
    volumes: [{ name: 'data', path: '/data' }],
  })
  expect(app).toMatchObject({ status: 'running', template: 'python' })
  expect(await ask('django')).toMatchObject({ status: 200, text: 'Django with 0 users\n' })
  expect(await ask('django', '/static/site.css')).toMatchObject({ status: 200, text: 'body { color: teal }\n' })
  await world.remove(app.id)
  expect(await world.inventory()).toEqual(before)
})

test('FastAPI: the app in a package is found, and knows by what scheme its visitor came', {
  timeout: 300_000,
}, async () => {
  const app = await deploy('fastapi')
  expect(app).toMatchObject({ status: 'running', template: 'python' })
  expect(JSON.parse((await ask('fastapi')).text)).toEqual({ says: 'FastAPI', scheme: 'http' })
  const asNginxAsks = await fetch(`http://127.0.0.1:${app.port}`, { headers: { 'x-forwarded-proto': 'https' } })
  expect(await asNginxAsks.json()).toEqual({ says: 'FastAPI', scheme: 'https' })
  await world.remove(app.id)
})

test('Flask: a function makes the app, and gunicorn, which nothing lists, serves it', {
  timeout: 300_000,
}, async () => {
  const app = await deploy('flask')
  expect(app).toMatchObject({ status: 'running', template: 'python' })
  expect(await ask('flask')).toMatchObject({ status: 200, text: 'Flask from a factory\n' })
  await world.remove(app.id)
})
