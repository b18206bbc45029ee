import { type Outcome, startLoad } from '../support/load.ts'
import type { World } from '../support/world.ts'
import { type App, hostOf, type Visits } from './cycle.ts'

/** Of each app: some twenty requests a second where the machine keeps up. */
const VISITORS = { connections: 2, pauseMs: 100 }

/** Visitors of all apps at once, until `stop`. */
export function startCrowd(world: World, apps: App[]): { stop(): Promise<Visits> } {
  const port = world.slipway.httpPort
  const loads = apps.map(({ subdomain }) =>
    startLoad({ ...VISITORS, name: subdomain, port, hostname: hostOf(subdomain) }),
  )
  return {
    async stop() {
      return together(await Promise.all(loads.map((it) => it.stop())))
    },
  }
}

const together = (outcomes: Outcome[]): Visits => ({
  answers: outcomes.reduce((sum, it) => sum + it.answers, 0),
  failures: outcomes.flatMap(({ name, failures }) => failures.map((it) => `${name}: ${it}`)),
})
