import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cacheName } from '../../server/cache-name.ts'
import { cacheRecords } from '../support/build-cache.ts'
import type { Repository } from '../support/git-server.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())

/** Fills a cache mount where the templates have theirs, and a layer that no image needs. */
const dockerfileOf = (url: string, megabytes: number) => `FROM node:24-slim AS work
RUN --mount=type=cache,target=/cache/${cacheName(url)}/npm head -c ${megabytes}M /dev/urandom > /cache/${cacheName(url)}/npm/${randomUUID()}
RUN head -c ${megabytes}M /dev/urandom > /layer
FROM node:24-slim
COPY server.js .
CMD ["node", "server.js"]
EXPOSE 8000
COPY --from=work /etc/hostname /from-work
`
const server = "require('node:http').createServer((_, response) => response.end('hello')).listen(8000)"

async function repositoryOf(name: string, megabytes: number): Promise<Repository> {
  const repository = await world.git.makeRepository('acme', name)
  await repository.commit({ Dockerfile: dockerfileOf(repository.url, megabytes), 'server.js': server }, 'First')
  return repository
}

const records = () => cacheRecords(world.docker)
const mountsOf = async ({ url }: Repository) =>
  (await records()).filter((it) => it.Type === 'exec.cachemount' && it.Description.includes(`/${cacheName(url)}/`))
    .length
const total = async () => (await records()).reduce((sum, it) => sum + (it.Shared ? 0 : it.Size), 0)

describe('what builds leave in the engine', () => {
  test('stays while the app lives, also when a later build fails, and goes with it', async () => {
    const before = new Set((await records()).map((it) => it.ID))
    const repository = await repositoryOf('cached', 1)
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'cached' })
    expect(await mountsOf(repository)).toBe(1)
    const kept = (await records()).filter((it) => !before.has(it.ID)).length
    expect(kept).toBeGreaterThan(2)

    await repository.commit({ Dockerfile: 'FROM node:24-slim\nRUN exit 1\n' }, 'Break it')
    await world.slipway.api('POST', `/api/deployments/${app.id}/redeploy`)
    await world.settled(app.id)
    expect((await records()).filter((it) => !before.has(it.ID)).length).toBeGreaterThanOrEqual(kept)

    await world.remove(app.id)
    expect((await records()).filter((it) => !before.has(it.ID))).toEqual([])
  })

  test('is kept for another app that is made from the same repository', async () => {
    const repository = await repositoryOf('twice', 1)
    const [one, two] = [
      await world.deploy({ githubUrl: repository.url, subdomain: 'one' }),
      await world.deploy({ githubUrl: repository.url, subdomain: 'two' }),
    ]
    await world.remove(one.id)
    expect(await mountsOf(repository)).toBe(1)
    await world.remove(two.id)
    expect(await mountsOf(repository)).toBe(0)
  })

  test('stays within the budget: what was not used for longest goes', async () => {
    const repository = await repositoryOf('large', 20)
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'large' })
    const budget = Math.floor((await total()) / 2 ** 20) - 10
    await world.slipway.terminate()
    await world.slipway.start({ SLIPWAY_BUILD_CACHE_MB: String(budget) })
    await expect.poll(total, { timeout: 60_000, interval: 2000 }).toBeLessThanOrEqual(budget * 2 ** 20)
    expect((await world.ask('large.localhost')).status).toBe(200)
    await world.remove(app.id)
  })
})
