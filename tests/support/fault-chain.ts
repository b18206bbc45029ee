import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Point } from './fault-control.ts'
import type { FaultKind } from './fault-proxy.ts'
import type { FaultWorld } from './fault-world.ts'

/** A fault at one kind of call of one step. */
export type Case = Point & { fault: FaultKind; lasting?: boolean }
export type Outcome = Case & { hit: boolean; ms: number; ended: string; message: string }

type Note = (outcome: Outcome) => void

/** All faults of one step, one after another, at one app. */
export type Chain = {
  app: string
  /** Asked for anew for each time that it is created. */
  input: () => Promise<Record<string, unknown>>
  /** While it is deployed, while it is deployed again, and while it is deleted. */
  deploys: Case[]
  redeploys: Case[]
  removals: Case[]
}

const RESTING = ['running', 'failed', 'stuck']
/** What happens to nobody's surprise, and is told as it comes. */
const UNEXPECTED: FaultKind[] = ['stale', 'fails', 'lies', 'breaks off', 'jumps ahead', 'jumps back']

/** Runs a chain, checks after each fault, and notes what came of each. At its end nothing of the app is left. */
export async function runChain(world: FaultWorld, chain: Chain, note: Note): Promise<void> {
  const { slipway, control } = world
  const host = `${chain.app}.example.com`
  const removals = [...chain.removals]
  let id: string | undefined

  const show = async () => (await slipway.api('GET', `/api/deployments/${id}`)).body.deployment
  const rest = () => settle(world, id ?? '')

  /** Asks for something under a fault, waits for the end of it, and lifts the fault. */
  async function under(it: Case, ask: () => Promise<unknown>, wait: () => Promise<any>, isFirst = true) {
    const armed = control.arm({ ...it, app: chain.app, lasting: it.lasting ?? false })
    const begun = Date.now()
    await ask()
    const app = await wait()
    const ms = Date.now() - begun
    control.disarm(armed)
    const ended = app?.status ?? 'gone'
    if (armed.hits === 0 && ended === 'gone' && comesAgain(it, isFirst)) return app
    note({ ...it, hit: armed.hits > 0, ms, ended, message: app?.error?.message ?? '' })
    return app
  }

  const again = new Set<Case>()
  /** The fault before had its effect after all, so there was nothing left to do: this one has its turn at the next app. */
  function comesAgain(it: Case, isFirst: boolean): boolean {
    if (isFirst && again.has(it)) return false
    again.add(it)
    removals.push(it)
    return true
  }

  const create = async () => {
    const reply = await slipway.api('POST', '/api/deployments', { ...(await chain.input()), subdomain: chain.app })
    expect(reply.status, JSON.stringify(reply.body)).toBe(202)
    id = reply.body.deployment.id
  }
  const retry = () => slipway.api('POST', `/api/deployments/${id}/retry`)

  async function deployUnder(it: Case) {
    if (id !== undefined && (await show()).status === 'running') await remove([])
    const app = await under(it, id === undefined ? create : retry, rest)
    if (app.status === 'running') return expectLive(it)
    expectClear(it, app.error)
    if (app.status === 'stuck') {
      await retry()
      expect(await rest(), say(it)).toMatchObject({ status: 'failed' })
    }
    expect(await leftOf(world, chain.app, id ?? ''), say(it)).toEqual([])
  }

  /** Over a live app: whatever goes wrong, it serves. */
  async function redeployUnder(it: Case) {
    const release = (await show()).release
    await under(it, () => slipway.api('POST', `/api/deployments/${id}/redeploy?rebuild=true`), rest)
    await expectLive(it)
    for (let left = 20; (await show()).error && left > 0; left--) {
      await retry()
      await rest()
    }
    expect((await show()).release, `${say(it)}, and again`).toBeGreaterThan(release)
  }

  async function expectLive(it: Case) {
    const answer = await world.ask(host)
    expect({ case: say(it), status: answer.status, text: answer.text }).toEqual({
      case: say(it),
      status: 200,
      text: 'well',
    })
  }

  async function live() {
    if (id === undefined) await create()
    else if ((await show()).status !== 'running') await retry()
    const app = await rest()
    expect({ app: chain.app, status: app.status, error: app.error }).toEqual({ app: chain.app, status: 'running' })
  }

  /** Under as many of these faults as it takes notice of. */
  async function remove(faults: Case[]) {
    let isAsked = false
    while (id !== undefined) {
      const next = faults.shift()
      const ask = () => (isAsked ? retry() : slipway.api('DELETE', `/api/deployments/${id}`))
      const wait = () => goneOrStuck(world, id ?? '')
      const app = next ? await under(next, ask, wait, !isAsked) : await ask().then(wait)
      isAsked = true
      if (app === undefined) {
        expect(await leftOf(world, chain.app, id), chain.app).toEqual([])
        id = undefined
      } else if (next) expectClear(next, app.error)
    }
  }

  for (const it of chain.deploys) await deployUnder(it)
  // What an attempt under a fault went without is not there to be removed.
  if (id !== undefined && (await show()).status === 'running') await remove([])
  await live()
  for (const it of chain.redeploys) await redeployUnder(it)
  await remove(removals)
  while (removals.length > 0) {
    await live()
    await remove(removals)
  }
}

/**
 * Slipway dies right after a call of a deploy, and again right after one of the delete. Started again, it carries on by
 * itself: no one tries again.
 */
export async function runDeaths(
  world: FaultWorld,
  { app, input }: Pick<Chain, 'app' | 'input'>,
  [making, taking]: [Case | undefined, Case | undefined],
  note: Note,
): Promise<void> {
  const { slipway, control } = world
  const dieAt = async (it: Case | undefined, ask: () => Promise<any>) => {
    const armed = it && control.arm({ ...it, app, lasting: false })
    const begun = Date.now()
    const reply = await ask()
    if (!armed || !it) return reply
    const death = slipway.ended().then(() => true)
    const hit = await Promise.race([death, sleep(20_000, false)])
    control.disarm(armed)
    if (hit) await slipway.start()
    note({ ...it, hit, ended: 'died', ms: Date.now() - begun, message: '' })
    return reply
  }
  const wanted = { ...(await input()), subdomain: app }
  const { body } = await dieAt(making, () => slipway.api('POST', '/api/deployments', wanted))
  const { id } = body.deployment
  const { status, error } = await settle(world, id)
  expect({ app, status, error }).toEqual({ app, status: 'running' })
  expect((await world.ask(`${app}.example.com`)).text).toBe('well')
  await dieAt(taking, () => slipway.api('DELETE', `/api/deployments/${id}`))
  expect(await goneOrStuck(world, id)).toBeUndefined()
  expect(await leftOf(world, app, id)).toEqual([])
}

/**
 * The clock is set by an hour in the middle of every step, ahead and back in turn. Nothing may come of it.
 * `turn` 1: the other way round.
 */
export async function runClock(
  world: FaultWorld,
  { app, input }: Pick<Chain, 'app' | 'input'>,
  points: Point[],
  turn: 0 | 1,
  note: Note,
) {
  const { slipway, control } = world
  const begun = Date.now()
  const cases = points.map((it, index): Case => ({ ...it, fault: (index + turn) % 2 ? 'jumps ahead' : 'jumps back' }))
  const armed = cases.map((it) => control.arm({ ...it, app, lasting: true }))
  const { body } = await slipway.api('POST', '/api/deployments', { ...(await input()), subdomain: app })
  const { id, status, error } = await settle(world, body.deployment.id)
  expect({ app, status, error }).toEqual({ app, status: 'running' })
  expect((await world.ask(`${app}.example.com`)).text).toBe('well')
  await slipway.api('DELETE', `/api/deployments/${id}`)
  expect(await goneOrStuck(world, id)).toBeUndefined()
  expect(await leftOf(world, app, id)).toEqual([])
  for (const [index, it] of cases.entries()) {
    const hit = (armed[index]?.hits ?? 0) > 0
    note({ ...it, hit, ended: 'gone', ms: Date.now() - begun, message: '' })
  }
  for (const it of armed) control.disarm(it)
}

const say = ({ way, step, adapter, kind, fault }: Case) => `${way} ${step}: ${adapter} ${kind} ${fault}`

/** The user is told what is wrong in words; “unexpected” only where nothing better can be known. */
function expectClear(it: Case, error: { code: string; message: string } | undefined) {
  expect(error?.message, say(it)).toMatch(/\S{2,}/)
  const isOfDisk = it.adapter === 'file' && it.fault !== 'stale'
  if (isOfDisk || !UNEXPECTED.includes(it.fault)) expect(error, say(it)).not.toMatchObject({ code: 'internal' })
}

async function settle(world: FaultWorld, id: string): Promise<any> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const { body } = await world.slipway.api('GET', `/api/deployments/${id}`)
    const { status, isBusy, error } = body.deployment ?? {}
    if (status === 'stuck' || (RESTING.includes(status) && !isBusy)) return body.deployment
    // What is live and could not be cleaned up is tried again in a minute.
    if (status === 'running' && error && attempt > 50) return body.deployment
    await sleep(40)
  }
  throw new Error(`does not settle: ${JSON.stringify(await world.status(id))}`)
}

async function goneOrStuck(world: FaultWorld, id: string): Promise<any> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await world.slipway.api('GET', `/api/receipts/${id}`)).status === 200) return undefined
    const { body } = await world.slipway.api('GET', `/api/deployments/${id}`)
    if (body.deployment?.status === 'stuck') return body.deployment
    await sleep(40)
  }
  throw new Error(`does not go: ${JSON.stringify(await world.status(id))}`)
}

/** Whatever carries the app's name or id, wherever it is. */
export async function leftOf(world: FaultWorld, app: string, id: string): Promise<string[]> {
  const { tables: _, ports: __, ...found } = await world.inventory()
  const { body } = await world.slipway.api('GET', '/api/ports')
  const ports = body.ports.flatMap((it: any) => (it.isAllocated && it.deploymentId === id ? [`port ${it.port}`] : []))
  const named = new RegExp(`\\b${app}(-\\d+)?\\b|${id}`)
  return [
    ...Object.values(found)
      .flat()
      .filter((it) => named.test(it)),
    ...ports,
    ...world.keysOf(app),
  ]
}
