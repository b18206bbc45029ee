import { setTimeout as sleep } from 'node:timers/promises'
import { type Probe, startProbe } from '../tests/support/api-probe.ts'
import { busyApp } from '../tests/support/busy-app.ts'
import { type Hostile, hostileKinds, makeHostile } from '../tests/support/hostile-builds.ts'
import { type Outcome, startLoad, visitorsOf } from '../tests/support/load.ts'
import { makeApp } from '../tests/support/small-app.ts'
import type { World } from '../tests/support/world.ts'

const QUIET_MS = 15_000

/** What visitors of an app, and users of the API, notice of builds that take what they can get. */
export async function benchHostile(world: World): Promise<void> {
  const app = await makeApp(world, busyApp('steady'))
  await world.deploy({ githubUrl: app.url, subdomain: 'steady' })
  const place = { port: world.slipway.httpPort, hostname: 'steady.localhost' }
  await measure(world, place, 'warm-up', () => sleep(5000))
  const quiet = await measure(world, place, 'quiet', () => sleep(QUIET_MS))
  for (const kind of hostileKinds) {
    const url = (await makeHostile(world, kind)).url
    await measure(world, place, kind, () => build(world, kind, url), quiet)
  }
  const urls = await Promise.all(
    hostileKinds.map(async (kind) => [kind, (await makeHostile(world, kind)).url] as const),
  )
  const all = () => Promise.all(urls.map(([kind, url]) => build(world, kind, url)))
  await measure(world, place, 'all five together', async () => void (await all()), quiet)
}

async function build(world: World, kind: Hostile, githubUrl: string): Promise<void> {
  const began = Date.now()
  const { id, status, error } = await world.deploy({ githubUrl, subdomain: kind.replace(' ', '-') })
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  console.log(`    ${kind}: ${status} after ${seconds} s, ${error?.code}: ${error?.message} ${error?.hint ?? ''}`)
  await world.remove(id)
}

type Place = { port: number; hostname: string }

async function measure(
  world: World,
  place: Place,
  what: string,
  work: () => Promise<void>,
  quiet?: number,
): Promise<number> {
  const loads = visitorsOf(place).map(startLoad)
  const probe = startProbe(world.slipway)
  await work()
  const outcomes = await Promise.all(loads.map((load) => load.stop()))
  return tell(what, outcomes, await probe.stop(), quiet)
}

function tell(what: string, outcomes: Outcome[], { latencies, failures }: Probe, quiet?: number): number {
  const all = outcomes.flatMap((it) => it.latencies.map(({ ms }) => ms)).sort((a, b) => a - b)
  const at = (share: number) => all[Math.floor(all.length * share)] ?? Number.NaN
  const failed = outcomes.flatMap((it) => it.failures)
  const ratio = quiet === undefined ? '' : ` (${(at(0.99) / quiet).toFixed(2)} × quiet)`
  const api = latencies.sort((a, b) => a - b)
  console.log(
    `  ${what}: ${all.length} requests, ${failed.length} failed, median ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms${ratio};` +
      ` API ${api.length} answers, ${failures.length} failed, median ${(api[api.length >> 1] ?? 0).toFixed(0)} ms, slowest ${(api.at(-1) ?? 0).toFixed(0)} ms`,
  )
  for (const failure of [...failed, ...failures].slice(0, 3)) console.log(`    ${failure}`)
  return at(0.99)
}
