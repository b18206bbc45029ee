import { afterAll, beforeAll, expect, test } from 'vitest'
import { saying } from '../support/actions.ts'
import { type DockerDoor, openDockerDoor } from '../support/docker-door.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let door: DockerDoor

beforeAll(async () => {
  door = await openDockerDoor()
  world = await createWorld({
    cloudflare: true,
    env: { DOCKER_HOST: door.address, SLIPWAY_RECONCILE_SECONDS: '3600' },
  })
  const { url } = await makeApp(world, saying('well'))
  await world.deploy({ githubUrl: url, subdomain: 'well' })
})
afterAll(async () => {
  door.open()
  await world.destroy()
  await door.close()
})

const examine = async (query = '') => (await world.slipway.api('GET', `/api/doctor${query}`)).body.findings as any[]
const asked = () => world.cloudflare?.requests.length ?? 0

/** How long it takes. Seconds. */
async function time<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = performance.now()
  const result = await work()
  return { seconds: (performance.now() - start) / 1000, result }
}

test('looks of many windows ask Cloudflare once, and again when somebody wants it', async () => {
  expect(await examine('?fresh=true')).toEqual([])
  const before = asked()
  const looks = await Promise.all(Array.from({ length: 10 }, () => examine()))
  expect(looks.flat()).toEqual([])
  await examine()
  expect(asked() - before).toBe(0)
  await Promise.all(Array.from({ length: 10 }, () => examine('?fresh=true')))
  expect(asked() - before).toBeGreaterThan(5)
  expect(asked() - before, 'two looks').toBeLessThan(30)
})

test('what is deployed or removed within that minute is neither an orphan nor missing', async () => {
  await examine()
  const { url } = await makeApp(world, saying('late'))
  const { id } = await world.deploy({ githubUrl: url, subdomain: 'late' })
  expect(await examine()).toEqual([])
  await world.remove(id)
  expect(await examine()).toEqual([])
})

test('a Cloudflare that hangs is told by the doctor within 20 s, and in words', async () => {
  world.cloudflare?.fail({ match: /./, kind: 'hang', times: 1000 })
  const { seconds, result } = await time(() => examine('?fresh=true'))
  expect(seconds).toBeLessThan(15)
  expect(result.map((it) => it.id)).toEqual(['machine:cloudflare:0', 'machine:unseen:apps'])
  expect(result[0].message).toMatch(/Cloudflare did not answer/)

  const domain = await time(() => world.slipway.api('GET', '/api/domains/free'))
  expect(domain.seconds).toBeLessThan(7)
  expect(domain.result.body).toMatchObject({ available: true, note: expect.stringMatching(/did not answer within 5/) })
  const taken = await time(() => world.slipway.api('GET', '/api/domains/well'))
  expect(taken.result.body).toMatchObject({ available: false, reason: expect.stringMatching(/taken by/) })
  expect(taken.seconds).toBeLessThan(1)
})

test('and so is an engine that hangs, by /health, too', async () => {
  door.hang()
  const [doctor, health] = await Promise.all([time(() => examine()), time(() => world.slipway.api('GET', '/health'))])
  expect(doctor.seconds).toBeLessThan(20)
  expect(doctor.result.find((it) => it.id === 'machine:engine').message).toMatch(/took too long/)
  expect(health.seconds).toBeLessThan(12)
  expect(health.result).toMatchObject({ status: 503, body: { checks: { engine: { ok: false } } } })
  door.open()
  expect((await world.slipway.api('GET', '/health')).body.checks.engine.ok).toBe(true)
})
