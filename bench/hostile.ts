import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { busyApp } from '../tests/support/busy-app.ts'
import { byWhom, quantile, startEvenLoad, visitorOfApi, visitorsOfApp } from '../tests/support/even-load.ts'
import { type Hostile, hostileKinds, makeHostile } from '../tests/support/hostile-builds.ts'
import { makeApp } from '../tests/support/small-app.ts'
import type { World } from '../tests/support/world.ts'
import { median } from './figures.ts'

/** Long enough for a p99; a build that is refused at once is begun again until then. */
const STRETCH_MS = 10_000

/**
 * What visitors of an app, and users of the API, notice of builds that take what they can get: each build between two
 * stretches of quiet, as the machine's speed drifts.
 */
export async function benchHostile(world: World, rounds: number): Promise<void> {
  const app = await makeApp(world, busyApp('steady'))
  await world.deploy({ githubUrl: app.url, subdomain: 'steady' })
  const urls = new Map<Hostile, string>()
  for (const kind of hostileKinds) urls.set(kind, (await makeHostile(world, kind)).url)
  await measure(world, 'warm-up', () => sleep(5000))

  const quiet: number[] = []
  const found = new Map<string, number[]>()
  const beside = async (what: string, kinds: Hostile[]) => {
    quiet.push(await measure(world, 'quiet', () => sleep(STRETCH_MS)))
    const p99 = await measure(world, what, () => Promise.all(kinds.map((kind) => buildOn(world, kind, urls.get(kind)))))
    found.set(what, [...(found.get(what) ?? []), p99])
  }
  for (let round = 0; round < rounds; round++) {
    for (const kind of hostileKinds) await beside(kind, [kind])
    await beside('all five together', hostileKinds)
  }
  console.log(`p99 in quiet: median ${ms(median(quiet))} (${ms(Math.min(...quiet))}–${ms(Math.max(...quiet))})`)
  for (const [what, all] of found)
    console.log(`  ${what}: median ${ms(median(all))}, ${(median(all) / median(quiet)).toFixed(2)} × quiet`)
}

const ms = (it: number) => `${it.toFixed(1)} ms`

async function buildOn(world: World, kind: Hostile, githubUrl: string | undefined): Promise<void> {
  const end = performance.now() + STRETCH_MS
  do await build(world, kind, githubUrl)
  while (performance.now() < end)
}

async function build(world: World, kind: Hostile, githubUrl: string | undefined): Promise<void> {
  const began = Date.now()
  const { id, status, error } = await world.deploy({ githubUrl, subdomain: kind.replace(' ', '-') })
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  console.log(`    ${kind}: ${status} after ${seconds} s, ${error?.step}, ${error?.code}`)
  await world.remove(id)
}

/** Answers the p99 of the app's visitors, in milliseconds. */
async function measure(world: World, what: string, work: () => Promise<unknown>): Promise<number> {
  const before = loadavg()[0]?.toFixed(1)
  const load = startEvenLoad([...visitorsOfApp(world.slipway, 'steady.localhost'), visitorOfApi(world.slipway)])
  await work()
  const outcome = await load.stop()
  const { app, api } = byWhom(outcome)
  const failures = [...app.failures, ...api.failures]
  const p99 = quantile(app.latencies, 0.99)
  console.log(
    `  ${what}: ${app.latencies.length} answers, ${failures.length} failed, median ${ms(quantile(app.latencies, 0.5))}, p99 ${ms(p99)};` +
      ` API median ${ms(quantile(api.latencies, 0.5))}, p99 ${ms(quantile(api.latencies, 0.99))}, slowest ${ms(Math.max(...api.latencies))};` +
      ` load average before ${before}, the visitors themselves at most ${outcome.lateMs.toFixed(0)} ms late`,
  )
  for (const failure of failures.slice(0, 3)) console.log(`    ${failure}`)
  return p99
}
