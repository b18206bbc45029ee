import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cacheRecords } from '../support/build-cache.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())

describe('from POST to a 200 through nginx, and gone without a trace', () => {
  test.each([
    ['hello-docker', 'dockerfile'],
    ['hello-node', 'node'],
    ['hello-static', 'static'],
  ])('%s is built with the %s template', async (fixture, template) => {
    const before = await world.inventory()
    const cacheBefore = await buildCache()
    const repository = await world.repository(fixture)
    const app = await world.deploy({ githubUrl: repository.url, subdomain: fixture })
    expect(app).toMatchObject({ status: 'running', template, release: 1, subdomain: fixture })

    const { status, text } = await world.ask(`${fixture}.localhost`)
    expect(status).toBe(200)
    expect(text.length).toBeGreaterThan(5)

    const receipt = await world.remove(app.id)
    expect(receipt.entries.length).toBeGreaterThan(5)
    expect(receipt.entries.filter((entry: any) => !entry.verified)).toEqual([])
    expect(await world.inventory()).toEqual(before)
    expect((await buildCache()).filter((id) => !cacheBefore.includes(id))).toEqual([])
    expect((await world.ask(`${fixture}.localhost`)).status).toBe(404)
  })
})

const buildCache = async () => (await cacheRecords(world.docker)).map((it) => it.ID)
