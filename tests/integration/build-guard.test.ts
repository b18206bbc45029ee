import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeHostile } from '../support/hostile-builds.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_BUILD_MEMORY_MB: '300' } })
})
afterAll(() => world.destroy())

test.skipIf(process.getuid?.() !== 0)(
  'a build that takes too much memory is killed, says so, and hurts nobody',
  async () => {
    const neighbour = await world.deploy({
      githubUrl: (await world.repository('hello-static')).url,
      subdomain: 'neighbour',
    })
    const { url } = await makeHostile(world, 'memory hog')
    const failures: string[] = []
    let over = false
    const watching = (async () => {
      while (!over) {
        const { status } = await world.ask('neighbour.localhost')
        if (status !== 200) failures.push(String(status))
        await sleep(50)
      }
    })()
    const app = await world.deploy({ githubUrl: url, subdomain: 'greedy' })
    over = true
    await watching
    expect(app).toMatchObject({ status: 'failed', error: { step: 'build-image', code: 'build_out_of_memory' } })
    expect(app.error.hint).toContain('All builds together may use 300 MB')
    expect(failures).toEqual([])
    await world.remove(app.id)
    await world.remove(neighbour.id)
  },
)
