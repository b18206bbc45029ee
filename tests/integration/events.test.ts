import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LiveSocket, openSocket } from '../support/live-socket.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let events: LiveSocket
let id: string

beforeAll(async () => {
  world = await createWorld()
  events = await openSocket(`${world.slipway.url}/api/events`, { authorization: `Bearer ${world.slipway.token}` })
  const repository = await world.repository('hello-static')
  id = (await world.deploy({ githubUrl: repository.url, subdomain: 'told' })).id
})
afterAll(() => world.destroy())

const show = async () => (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment
const told = () => events.messages.filter((it) => it.deployment === id)

/** Sends a request and answers what was told from then on until the app rests. */
async function toldBy(method: string, path: string, body?: unknown): Promise<any[]> {
  const before = told().length
  const reply = await world.slipway.api(method, `/api/deployments/${id}${path}`, body)
  expect(reply.status).toBe(202)
  await expect.poll(async () => (await show())?.isBusy ?? false, { timeout: 60_000 }).toBe(false)
  return told().slice(before)
}

test('a second window learns that something was asked for, and that it is over, also where the status stays', async () => {
  expect(await show()).toMatchObject({ status: 'running', isBusy: false, release: 1, liveRelease: 1 })
  const restart = await toldBy('POST', '/restart')
  expect((await show()).canCancel).toBe(false)
  expect(restart.map((it) => it.status)).toEqual(['running', 'running'])
  expect((await toldBy('POST', '/stop')).map((it) => it.status)).toEqual(['running', 'stopped', 'stopped'])
  expect((await toldBy('POST', '/start')).at(-1)).toMatchObject({ type: 'deployment', status: 'running' })
  const change = await toldBy('PATCH', '', { name: 'Told' })
  expect(change[0]).toEqual({ type: 'deployment', deployment: id, status: 'running', error: null })
})

test('a step says when it begins to be undone, and a step’s times stay those of its work', async () => {
  const { steps } = (await world.slipway.api('GET', `/api/status/${id}`)).body
  const clone = steps.find((it: any) => it.name === 'check-out')
  const next = steps.find((it: any) => it.name === 'build-image')
  expect(clone.state).toBe('undone')
  expect(Date.parse(clone.endedAt)).toBeLessThanOrEqual(Date.parse(next.endedAt))

  const before = told().length
  await world.remove(id)
  await events.until((it) => it.type === 'deleted' && it.deployment === id)
  const undone = told()
    .slice(before)
    .filter((it) => it.type === 'step' && it.release === 2)
    .map((it) => [it.step, it.state])
  const names = [...new Set(undone.map(([step]) => step))]
  expect(names).toEqual(expect.arrayContaining(['publish-vhost', 'start-container', 'claim-port', 'build-image']))
  expect(undone).toEqual(
    names.flatMap((step) => [
      [step, 'undoing'],
      [step, 'undone'],
    ]),
  )
})
