import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { echo, makeApp, outside } from '../support/small-app.ts'
import { createWorld } from '../support/world.ts'

/** A port that nobody listens on, below those the kernel hands out by itself. */
async function quietPort(): Promise<number> {
  const port = 11_000 + Math.floor(Math.random() * 8000)
  const stop = await listenOn(port).catch(() => undefined)
  if (!stop) return quietPort()
  await stop()
  return port
}

function listenOn(port: number): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy())
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(stop))
  })
}

describe('29 ports', () => {
  test('twenty apps at once get twenty ports, the lowest of the range', async () => {
    const crowd = await createWorld({ env: { SLIPWAY_BUILD_CONCURRENCY: '4' } })
    try {
      const repository = await crowd.repository('hello-static')
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          crowd.slipway.api('POST', '/api/deployments', { githubUrl: repository.url, subdomain: `crowd-${at}` }),
        ),
      )
      const apps = []
      for (const { body } of made) apps.push(await crowd.settled(body.deployment.id))
      expect(apps.map((it) => it.status)).toEqual(apps.map(() => 'running'))
      const { from } = (await crowd.slipway.api('GET', '/api/ports')).body.range
      expect(apps.map((it) => it.port).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => from + at))

      const middle = apps.find((it) => it.port === from + 7)
      await crowd.remove(middle.id)
      const next = await crowd.deploy({ githubUrl: repository.url, subdomain: 'crowd-next' })
      expect(next.port).toBe(from + 7)
    } finally {
      await crowd.destroy()
    }
  })

  test('of the last port one app gets it; the other says so, and gets it when the first is gone', async () => {
    const port = await quietPort()
    const small = await createWorld({
      env: { SLIPWAY_PORT_RANGE: `${port}-${port}`, SLIPWAY_BUILD_CONCURRENCY: '2' },
    })
    try {
      const repository = await makeApp(small, echo)
      const made = await Promise.all(
        ['one', 'two'].map((subdomain) =>
          small.slipway.api('POST', '/api/deployments', { githubUrl: repository.url, subdomain }),
        ),
      )
      const apps = await Promise.all(made.map(({ body }) => small.settled(body.deployment.id)))
      const [winner, ...others] = apps.filter((it) => it.status === 'running')
      const [loser] = apps.filter((it) => it.status === 'failed')
      expect(others).toEqual([])
      expect(winner.port).toBe(port)
      expect(loser.error).toMatchObject({
        step: 'claim-port',
        code: 'no_free_port',
        message: expect.stringMatching(/Delete an app, or widen SLIPWAY_PORT_RANGE/),
      })
      expect((await small.inventory()).images).toEqual([winner.dockerImage])

      await small.remove(winner.id)
      expect((await small.slipway.api('POST', `/api/deployments/${loser.id}/retry`)).status).toBe(202)
      expect(await small.settled(loser.id)).toMatchObject({ status: 'running', port })
    } finally {
      await small.destroy()
    }
  })

  test('a port that a process outside holds is passed over, and the list of ports says why', async () => {
    const world = await createWorld()
    const before = await world.inventory()
    const { from } = (await world.slipway.api('GET', '/api/ports')).body.range
    const stop = await listenOn(from)
    try {
      const app = await world.deploy({ githubUrl: (await makeApp(world, echo)).url, subdomain: 'evader' })
      expect(app).toMatchObject({ status: 'running', port: from + 1 })
      const { body } = await world.slipway.api('GET', '/api/ports')
      expect(body.ports.find((it: any) => it.port === from)).toMatchObject({
        isAllocated: false,
        deploymentId: null,
        blockedReason: 'held by another process',
      })
      await world.remove(app.id)
      expect(outside(await world.inventory())).toEqual(outside(before))
    } finally {
      await stop()
      await world.destroy()
    }
  })
})
