import { appendFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pipeline } from '../../server/deploy/pipeline.ts'
import { type Case, type Chain, leftOf, type Outcome, runChain, runClock, runDeaths } from '../support/fault-chain.ts'
import type { Point } from '../support/fault-control.ts'
import { createFaultWorld, type FaultWorld, faultsOf } from '../support/fault-world.ts'

/** Nothing to wait for: it answers as soon as it runs. */
const APP = {
  Dockerfile: 'FROM nginx:stable-alpine\nCOPY app.conf /etc/nginx/conf.d/default.conf\nEXPOSE 8000\n',
  'app.conf': "server { listen 8000; location / { default_type text/plain; return 200 'well'; } }",
}
/** FAULTS=all: every fault at every kind of call. Otherwise a third of them, another at each step: all take half an hour. */
const isWhole = process.env.FAULTS === 'all'
/** Only those of the steps whose names fit, such as `FAULTS_STEPS='^(check-out|build-image)$'`. */
const CHOSEN = new RegExp(process.env.FAULTS_STEPS ?? '')
const PATIENCE_MS = isWhole ? 1_800_000 : 240_000
/** Each is one app at a time. */
const AT_ONCE = 4
/** Their faults also while an older version serves. */
const OVER_A_LIVE_APP = ['start-container', 'publish-vhost']
/** What is made at GitHub in a step. */
const AT_GITHUB = ['add-deploy-key', 'connect-webhook']
const ALONE = /^(publish-vhost|claim-port|retire-previous)/

let world: FaultWorld
let points: Point[]
let empty: Awaited<ReturnType<FaultWorld['inventory']>>
const outcomes: Outcome[] = []
const neighbour: { stop: () => void; failures: string[] } = { stop: () => undefined, failures: [] }

beforeAll(async () => {
  world = await createFaultWorld(APP, {
    SLIPWAY_BUILD_CONCURRENCY: String(AT_ONCE),
    SLIPWAY_RECONCILE_SECONDS: '3600',
    SLIPWAY_DRAIN_SECONDS: '1',
  })
  await world.deploy({ githubUrl: await world.addressFor('neighbour'), subdomain: 'neighbour' })
  empty = await world.inventory()
  points = await record()
  watchNeighbour()
})
afterAll(async () => {
  neighbour.stop()
  const steps = new Set(outcomes.map((it) => it.step)).size
  console.log(`faults: ${outcomes.length} at ${points.length} kinds of calls of ${steps} steps`)
  await world.destroy()
})

test(
  'every step under every fault of its neighbours: live or undone, told in words, and well at the next try',
  async () => {
    const chains = await makeChains(points, (it) => it.fault !== 'dies')
    const problems: string[] = []
    const workOff = async (waiting: Chain[]) => {
      for (let next = waiting.shift(); next; next = waiting.shift())
        await runChain(world, next, note).catch((error) => problems.push(`${next?.app}: ${error.message}`))
    }
    // nginx is told of several apps at once: what goes wrong there goes wrong for all of them.
    const { alone = [], beside = [] } = Object.groupBy(chains, ({ app }) => (ALONE.test(app) ? 'alone' : 'beside'))
    await Promise.all(Array.from({ length: AT_ONCE }, () => workOff(beside)))
    await workOff(alone)
    expect(problems).toEqual([])
    expect(outcomes.filter((it) => !it.hit).map(sayCase)).toEqual([])
    await expectNothingLeft()
  },
  PATIENCE_MS,
)

test('a clock that is set by an hour in the middle of each step changes nothing', async () => {
  const clock = points.filter((it) => it.adapter === 'clock' && it.step !== 'run-pre-deploy')
  for (const turn of [0, 1] as const) {
    const app = `clock-${turn}`
    const input = () => inputOf(app, { volumes: true, commands: true })
    await runClock(world, { app, input }, clock, turn, note)
  }
  await expectNothingLeft()
}, 60_000)

test(
  'and where Slipway dies right after a call it carries on when it is started again',
  async () => {
    const problems: string[] = []
    let turn = 0
    for (const { app, input, deploys, removals } of await makeChains(points, (it) => it.fault === 'dies')) {
      const write = (cases: Case[]) => cases.find((it) => it.kind === 'write') ?? cases[0]
      const deaths: [Case | undefined, Case | undefined] = [write(deploys), write(removals)]
      turn += 1
      if (!deaths.some(Boolean) || (!isWhole && turn % 3 !== 0)) continue
      await runDeaths(world, { app, input }, deaths, note).catch((error) => problems.push(`${app}: ${error.message}`))
    }
    expect(problems).toEqual([])
    await expectNothingLeft()
  },
  PATIENCE_MS,
)

/** With FAULTS_OUT each is written to that file as it comes, for whoever looks at what takes how long. */
function note(it: Outcome) {
  outcomes.push(it)
  const { FAULTS_OUT: file } = process.env
  if (file)
    appendFileSync(file, `${sayCase(it)} | ${it.hit ? 'hit' : 'missed'} | ${it.ended} | ${it.ms} ms | ${it.message}\n`)
}

async function expectNothingLeft() {
  expect(await world.inventory()).toEqual(empty)
  const { findings } = (await world.slipway.api('GET', '/api/doctor?fresh=true')).body
  // A write that happens twice looks like one of somebody else's in between, and is told as that.
  expect(findings.filter((it: any) => !it.message.includes('in the same moment'))).toEqual([])
  expect(neighbour.failures).toEqual([])
}

const sayCase = ({ way, step, adapter, kind, fault }: Case) => `${way} ${step} ${adapter} ${kind} ${fault}`

/** Which calls each step makes: of a deploy with all there is, one over it, and the delete. */
async function record(): Promise<Point[]> {
  // The neighbour's deploy has asked what is asked once in the life of a server.
  world.control.forget()
  const { id } = await world.deploy(await inputOf('all', { volumes: true, commands: true }))
  await world.slipway.api('POST', `/api/deployments/${id}/redeploy?rebuild=true`)
  await world.settled(id)
  await world.remove(id)
  expect(await leftOf(world, 'all', id)).toEqual([])
  await world.openToKeys('keyed')
  await world.remove((await world.deploy(await inputOf('keyed', { key: true }))).id)
  // Reports to GitHub are made beside the steps.
  const points = world.control.points().filter((it) => it.adapter !== 'github' || AT_GITHUB.includes(it.step))
  return points.filter((it) => !isLookAtClone(it))
}

/** How large a clone has become is looked at every 200 ms: one that is faster is never looked at. */
const isLookAtClone = ({ way, step, adapter, kind }: Point) =>
  way === 'apply' && step === 'check-out' && adapter === 'file' && kind === 'read'

async function inputOf(app: string, { volumes = false, commands = false, key = false } = {}) {
  const githubUrl = await world.addressFor(app)
  const made = key ? await world.slipway.api('POST', '/api/deploy-keys', { githubUrl }) : undefined
  return {
    ...(made && { deployKeyId: made.body.deployKey.id }),
    githubUrl,
    ...(volumes && { volumes: [{ name: 'data', path: '/data' }] }),
    ...(commands && { overrides: { releaseCommand: 'true', preDeployCommand: 'true', postDeployCommand: 'true' } }),
  }
}

/** One chain for each step and neighbour. */
async function makeChains(found: Point[], wanted: (it: Case) => boolean): Promise<Chain[]> {
  const isOfNeighbour = ({ adapter, step }: Point) => adapter !== 'clock' && CHOSEN.test(step)
  const groups = Map.groupBy(found.filter(isOfNeighbour), ({ step, adapter }) => `${step}-${adapter}`)
  const hasTurn = (turn: number) => (it: Case, index: number) =>
    isWhole || it.fault === 'dies' || (index + turn) % 3 === 0
  return Promise.all(
    [...groups].map(([app, own], turn) => {
      const cases = own.flatMap((it) => casesOf(it, own)).filter(wanted)
      return makeChain(app, cases.filter(hasTurn(turn)))
    }),
  )
}

/** What a step leaves only until the deploy is over goes at its end, the rest with the app. */
async function makeChain(app: string, cases: Case[]): Promise<Chain> {
  const step = pipeline.find(({ name }) => app.startsWith(name))
  const isTaken = ({ way }: Case) => way === 'revert' && step?.until !== 'deployed'
  const making = cases.filter((it) => !isTaken(it))
  const isOver = step?.name === 'run-pre-deploy' || step?.name === 'retire-previous'
  const has = {
    volumes: step?.name === 'create-volumes',
    commands: app.startsWith('run-'),
    key: step?.name === 'add-deploy-key',
  }
  if (has.key) await world.openToKeys(app)
  const over = making.filter((it) => it.kind === 'write' && OVER_A_LIVE_APP.includes(it.step))
  return {
    app,
    input: () => inputOf(app, has),
    deploys: isOver ? [] : making,
    redeploys: isOver ? making : over,
    removals: cases.filter(isTaken),
  }
}

/**
 * Where a step writes, all that is wrong about writing, and of what it reads first only what cannot be seen at the write;
 * where it only reads, all that is wrong about reading.
 */
function casesOf(point: Point, all: Point[]): Case[] {
  const { read, write } = faultsOf[point.adapter] ?? { read: [], write: [] }
  const writes = all.some((it) => it.way === point.way && it.kind === 'write')
  const few = point.way === 'inspect' || writes
  const faults = point.kind === 'write' ? write : few ? read.filter((it) => it === 'stale') : read
  return faults.map((fault) => ({ ...point, fault, lasting: point.adapter === 'cloudflare' && fault === 'fails' }))
}

function watchNeighbour() {
  let isOver = false
  const loop = async () => {
    while (!isOver) {
      const answer = await world.ask('neighbour.example.com').catch((error) => ({ status: 0, text: String(error) }))
      if (answer.status !== 200 && !isOver) neighbour.failures.push(`${answer.status} ${answer.text.slice(0, 100)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  void loop()
  neighbour.stop = () => {
    isOver = true
  }
}
