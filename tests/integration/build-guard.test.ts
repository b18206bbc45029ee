import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setBuildGuard } from '../../server/adapters/build-guard.ts'
import { createWorld, type World } from '../support/world.ts'

/** Takes 10 MB after 10 MB until it is stopped. */
const HOG = 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))'

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_BUILD_MEMORY_MB: '300' } })
})
afterAll(async () => {
  // The limit belongs to the engine, not to this world's server.
  await setBuildGuard(8192)
  await world.destroy()
})

test('a build that takes too much memory is killed, says so, and hurts nobody', async () => {
  const neighbour = await world.deploy({
    githubUrl: (await world.repository('hello-static')).url,
    subdomain: 'neighbour',
  })
  const repository = await world.git.makeRepository('acme', 'greedy')
  await repository.commit({ Dockerfile: `FROM node:24-slim\nRUN node -e "${HOG}"\nCMD ["sleep", "600"]\n` }, 'Greedy')
  const failures: string[] = []
  let over = false
  const watching = (async () => {
    while (!over) {
      const { status } = await world.ask('neighbour.localhost')
      if (status !== 200) failures.push(String(status))
      await sleep(50)
    }
  })()
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'greedy' })
  over = true
  await watching
  expect(app).toMatchObject({ status: 'failed', error: { step: 'build-image', code: 'build_out_of_memory' } })
  expect(failures).toEqual([])
  await world.remove(app.id)
  await world.remove(neighbour.id)
})

test('the limits are written where each kind of cgroup has them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-cgroup-'))
  expect(await setBuildGuard(512, folder)).toMatchObject({ ok: true })
  expect(await readFile(path.join(folder, 'memory/docker/buildkit/memory.limit_in_bytes'), 'utf8')).toBe(
    String(512 * 2 ** 20),
  )
  expect(await setBuildGuard(512, import.meta.filename)).toMatchObject({
    ok: false,
    detail: expect.stringContaining('Builds are not limited'),
  })
  await rm(folder, { recursive: true })
})
