import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWorld, type World } from '../tests/support/world.ts'
import { benchBuilds } from './builds.ts'
import { describeMachine, median, show } from './figures.ts'
import { benchHostile } from './hostile.ts'
import { benchLoad } from './load.ts'
import { benchPush } from './push.ts'
import { byHand, staticSite, untilAnswers } from './static-by-hand.ts'

/**
 * How fast and how small Slipway is, beside doing it by hand: both in one run, in turn, so that the ratio holds when the
 * machine's speed drifts. `npm run bench [-- parts… rounds]`, such as `npm run bench -- load`. Needs what the tests need.
 */

const rounds = Number(process.argv.slice(2).find((it) => /^\d+$/.test(it)) ?? 10)
const chosen = process.argv.slice(2).filter((it) => !/^\d+$/.test(it))

async function bySlipway(world: World, url: string, text: string): Promise<{ ms: number; id: string }> {
  const began = performance.now()
  const { body } = await world.slipway.api('POST', '/api/deployments', {
    githubUrl: url,
    subdomain: 'bench',
    template: 'static',
  })
  await untilAnswers(world.slipway.httpPort, 'bench.localhost', text)
  return { ms: performance.now() - began, id: body.deployment.id }
}

async function benchDeploy(world: World): Promise<void> {
  const repository = await world.repository('hello-static')
  const hand: number[] = []
  const slipway: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const text = `round ${round} ${Date.now()}`
    await repository.commit(staticSite(text), text)
    const first = await byHand(repository.url, text)
    const second = await bySlipway(world, repository.url, text)
    await world.settled(second.id)
    await world.remove(second.id)
    if (round > 0) {
      hand.push(first)
      slipway.push(second.ms)
    }
  }
  const ratios = slipway.map((ms, index) => ms / (hand[index] ?? Number.NaN))
  console.log(`static sample, warm cache, ${rounds} pairs after one warm-up`)
  console.log(`  git clone && docker build && docker run, until it answers: ${show(hand)}`)
  console.log(`  POST /api/deployments, until it answers through nginx:      ${show(slipway)}`)
  console.log(
    `  ratio, pair by pair: median ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
  )
}

async function memoryOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024).toFixed(1)
  return `${read('VmRSS')} MiB resident, ${read('RssAnon')} MiB of it anonymous`
}

async function benchMemory(world: World): Promise<void> {
  console.log('memory of the server process')
  console.log(`  after its start and one login: ${await memoryOf(world.slipway.pid())}`)
  const repository = await world.repository('hello-static')
  for (let app = 1; app <= 10; app++)
    await world.deploy({ githubUrl: repository.url, subdomain: `app-${app}`, template: 'static' })
  await sleep(75_000)
  console.log(`  75 s after the tenth of 10 deployments: ${await memoryOf(world.slipway.pid())}`)
}

console.log(`${describeMachine()}\n`)
const parts: Record<string, (world: World) => Promise<void>> = {
  deploy: benchDeploy,
  push: (world) => benchPush(world, rounds),
  builds: (world) => benchBuilds(world, 3),
  memory: benchMemory,
  load: benchLoad,
  hostile: (world) => benchHostile(world, Math.min(rounds, 3)),
}
/** All at once, and no longer than it takes to see what they do. */
const HOSTILE_ENV = {
  SLIPWAY_BUILD_CONCURRENCY: '5',
  SLIPWAY_BUILD_TIMEOUT_SECONDS: '25',
  SLIPWAY_BUILD_MEMORY_MB: '2048',
}
/** A little longer than the downloads of those visitors. */
const DRAIN = { SLIPWAY_DRAIN_SECONDS: '12' }
const isWanted = (name: string) => chosen.length === 0 || chosen.includes(name)
const unknown = chosen.find((name) => name !== 'browser' && !Object.hasOwn(parts, name))
if (unknown !== undefined)
  throw new Error(`There is no part “${unknown}”, only ${Object.keys(parts).join(', ')}, browser.`)

for (const [name, bench] of Object.entries(parts)) {
  if (!isWanted(name)) continue
  const world = await createWorld({
    built: true,
    github: name === 'push',
    ...(name === 'load' && { env: DRAIN }),
    ...(name === 'hostile' && { env: HOSTILE_ENV }),
  })
  try {
    await bench(world)
  } finally {
    await world.destroy()
  }
}
if (isWanted('browser')) {
  // A program of its own: it is checked with the types of a browser.
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, 'browser', 'main.ts')], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}
