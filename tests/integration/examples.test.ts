import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCatalog } from '../../server/templates/catalog.ts'
import { root } from '../support/slipway.ts'
import { createWorld, type World } from '../support/world.ts'

const folder = path.join(root, 'templates')
const catalog = await loadCatalog(folder)
const provenBy = (proof: string) => catalog.filter((it) => it.proof === proof).map((it) => it.name)

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_START_TIMEOUT_SECONDS: '60' } })
})
afterAll(() => world.destroy())

/** A repository with the template's example and nothing else: what it is built with is found by its files. */
const exampleOf = (name: string) =>
  world.git.makeRepository('acme', `example-${name}`, path.join(folder, name, 'example'))

test('every template has an example', () => {
  expect(catalog.length).toBeGreaterThan(10)
  for (const { name } of catalog) expect(readdirSync(path.join(folder, name, 'example')), name).not.toEqual([])
})

describe('the example of a template is recognised, deployed, answers and goes without a trace', () => {
  test.each(provenBy('run'))('%s', { timeout: 300_000 }, async (name) => {
    const before = await world.inventory()
    const repository = await exampleOf(name)
    const app = await world.deploy({ githubUrl: repository.url, subdomain: `example-${name}` })
    expect(app).toMatchObject({ status: 'running', template: name })

    const { status, text } = await world.ask(`example-${name}.localhost`)
    expect({ status, text }).toMatchObject({ status: 200, text: expect.stringContaining('Hello from Slipway') })

    await world.remove(app.id)
    expect(await world.inventory()).toEqual(before)
  })
})

describe('the example of a template whose toolchain cannot be had here is recognised, and fails for its base image alone', () => {
  test.each(provenBy('plan'))('%s', async (name) => {
    const repository = await exampleOf(name)
    const app = await world.deploy({ githubUrl: repository.url, subdomain: `example-${name}` })
    expect(app).toMatchObject({ template: name, error: { step: 'build-image', code: 'base_image_unavailable' } })
    await world.remove(app.id)
  })
})
