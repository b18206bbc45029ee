import { setTimeout as sleep } from 'node:timers/promises'
import { busyApp } from '../tests/support/busy-app.ts'
import { playDayOfReleases } from '../tests/support/day-of-releases.ts'
import { type Outcome, startLoad, visitorsOf } from '../tests/support/load.ts'
import { makeApp } from '../tests/support/small-app.ts'
import { startDownloads, startTalks } from '../tests/support/visitors.ts'
import type { World } from '../tests/support/world.ts'

const QUIET_MS = 15_000

/**
 * What visitors notice of releases: some 1,300 requests a second through nginx, downloads of ten seconds and a WebSocket,
 * first in quiet, then during five redeploys, a failing one, a rollback and a restart of Slipway.
 */
export async function benchLoad(world: World): Promise<void> {
  const repository = await makeApp(world, busyApp('release 1'))
  const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'busy' })
  const place = { port: world.slipway.httpPort, hostname: 'busy.localhost' }
  const loads = visitorsOf(place).map(startLoad)
  const [downloads, talks] = [startDownloads(place), startTalks(place)]
  const began = Date.now()
  await sleep(QUIET_MS)
  await playDayOfReleases(world, repository, id)

  const [talked, downloaded] = await Promise.all([talks.stop(), downloads.stop()])
  const outcomes = await Promise.all(loads.map((load) => load.stop()))
  console.log(`visitors during five redeploys, a failing one, a rollback and a restart of Slipway`)
  for (const outcome of outcomes) tell(outcome, began + QUIET_MS)
  const seconds = (Date.now() - began) / 1000
  const answers = outcomes.reduce((sum, it) => sum + it.answers, 0)
  const failures = outcomes.reduce((sum, it) => sum + it.failures.length, 0)
  console.log(`  together ${answers} requests, ${(answers / seconds).toFixed(0)} a second; ${failures} failed`)
  console.log(`  downloads of 10 s: ${downloaded.whole} whole, ${downloaded.failures.length} cut`)
  const unheard = talked.reduce((sum, it) => sum + it.failures.length, 0)
  console.log(`  WebSockets: ${talked.reduce((sum, it) => sum + it.echoes, 0)} echoes, ${unheard} failures`)
}

function tell({ name, latencies, failures }: Outcome, border: number): void {
  const quiet = latencies.filter(({ at }) => at < border).map(({ ms }) => ms)
  const busy = latencies.filter(({ at }) => at >= border).map(({ ms }) => ms)
  console.log(
    `  ${name}: ${latencies.length}, ${failures.length} failed; quiet ${show(quiet)}, during releases ${show(busy)}`,
  )
  for (const failure of failures.slice(0, 3)) console.log(`    ${failure}`)
}

function show(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms`
}
