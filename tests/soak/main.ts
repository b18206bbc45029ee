import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { describeMachine } from '../../bench/figures.ts'
import { createWorld, type World } from '../support/world.ts'
import { enterNest, startEngine } from '../torture/engine.ts'
import { describeGrowth } from './describe.ts'
import { growthOf, type Outcome, type Part, runSoak } from './soak.ts'

/**
 * `npm run soak`: does Slipway grow? One server deploys, hears of a push and deletes, again and again; then apps stay, are
 * visited and pushed to. Ends with 1 where anything grows, is left behind or failed. Nothing in it is random.
 *
 *   --cycles N    so many times (300); 0 leaves this part out
 *   --apps N      so many apps that stay (24); 0 leaves this part out
 *   --seconds N   for so long (600)
 *   --out FILE    writes all readings there as JSON, after each
 *   --own-engine  on a Docker engine of its own in a network of its own, so that others may work meanwhile; takes root
 */
const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '300' },
    apps: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '600' },
    out: { type: 'string' },
    'own-engine': { type: 'boolean', default: false },
  },
})
const [cycles, apps, seconds] = [Number(values.cycles), Number(values.apps), Number(values.seconds)]
/** A round of the reconciler and its collection fit in twice. */
const REST_MS = 3000
const ENV = { SLIPWAY_RECONCILE_SECONDS: '1', SLIPWAY_GITHUB_POLL_SECONDS: '2', SLIPWAY_LOG_LEVEL: 'warn' }

const READINGS = 30
/** What the apps are built from. */
const IMAGES = ['node:24-slim']

const begun = new Date()
const machine = describeMachine()
const elapsed = () => Math.round((Date.now() - begun.getTime()) / 1000)
let isStopped = false
let measured: Part[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopped = true
    console.log('  stopping: what is under way is ended, and everything removed')
  })
}

if (!values['own-engine']) await soak()
else if (await enterNest()) await soakOnOwnEngine()

async function soakOnOwnEngine(): Promise<void> {
  const engine = await startEngine(IMAGES)
  try {
    await soak(engine.socket)
  } finally {
    await engine.stop()
  }
}

async function soak(engineSocket?: string): Promise<void> {
  console.log(`${machine}\n${cycles} cycles, then ${apps} apps for ${seconds} s`)
  const env = { ...ENV, ...(engineSocket !== undefined && { DOCKER_HOST: `unix://${engineSocket}` }) }
  const world = await createWorld({
    built: true,
    github: true,
    cloudflare: true,
    env,
    ...(engineSocket !== undefined && { engineSocket }),
  })
  try {
    const amounts = { cycles, apps, seconds, readings: READINGS, restMs: REST_MS }
    await report(await runSoak(world, { ...amounts, isOver: () => isStopped, tell: console.log, keep }))
  } catch (error) {
    // Ctrl-C reaches Slipway, too.
    if (!isStopped)
      console.log(`${error instanceof Error ? error.stack : error}\n${world.slipway.output().slice(-6000)}`)
    await report({ parts: measured, left: ['not looked for'] })
    process.exitCode = 1
  } finally {
    await clear(world).catch((error: unknown) => console.log(`not everything could be removed in order: ${error}`))
    await world.destroy()
  }
}

/** Written anew each time: a run that is cut off leaves what it has measured. */
async function keep(parts: Part[], left: string[] = []): Promise<void> {
  measured = parts
  if (values.out === undefined) return
  const judged = parts.map((part) => ({ ...part, growth: growthOf(part, apps) }))
  const text = { machine, begun, seconds: elapsed(), asked: { cycles, apps, seconds }, left, parts: judged }
  await writeFile(values.out, `${JSON.stringify(text, null, 1)}\n`)
}

async function report({ parts, left }: Outcome): Promise<void> {
  await keep(parts, left)
  const growths = parts.map((part) => growthOf(part, apps))
  for (const [index, part] of parts.entries()) console.log(describeGrowth(part, growths[index] ?? []))
  const growing = growths.flat().filter((it) => it.verdict === 'grows')
  const failures = parts.flatMap((it) => it.failures)
  for (const failure of failures.slice(0, 10)) console.log(`  failed: ${failure}`)
  console.log(`left behind: ${left.length === 0 ? 'nothing' : left.join('; ')}`)
  console.log(
    `${growing.length === 0 ? 'nothing grows' : `grows: ${growing.map((it) => it.figure).join('; ')}`}, ` +
      `${failures.length} requests failed, ${elapsed()} s${isStopped ? ', stopped before its end' : ''}`,
  )
  process.exitCode = isStopped || growing.length + failures.length + left.length > 0 ? 1 : 0
}

/** What an interrupted run left is taken down by Slipway itself, which may have been interrupted, too. */
async function clear({ slipway }: World): Promise<void> {
  if (isStopped) {
    await slipway.terminate()
    await slipway.start()
  }
  const list = async (): Promise<{ id: string }[]> => (await slipway.api('GET', '/api/deployments')).body.deployments
  for (const { id } of await list()) await slipway.api('DELETE', `/api/deployments/${id}`)
  for (let left = 600; left > 0 && (await list()).length > 0; left--) await sleep(100)
}
