import { isDeepStrictEqual } from 'node:util'
import type { Machine } from './machine.ts'
import { processesWith, shims } from './power-cut.ts'

/** All that must be after a restart what it was before. */
export type State = Record<string, string[]>

/** What the ledger says, what there is, and the ids of what was made. */
export async function readState(machine: Machine): Promise<State> {
  const { docker, slipway } = machine.world
  const owned = await docker.listContainers({ all: true, filters: { label: [`slipway.instance=${slipway.instance}`] } })
  const { tables = [], ...inventory } = await machine.world.inventory()
  return {
    ...inventory,
    tables: tables.filter((it) => !it.startsWith('jobs ')),
    containers: owned.map((it) => `${it.Names} ${it.Id.slice(0, 12)}`).sort(),
    images: (inventory.images ?? []).sort(),
    running: owned
      .filter((it) => it.State === 'running')
      .map((it) => String(it.Names))
      .sort(),
    ledger: await readLedger(machine),
    processes: await countProcesses(machine),
    findings: (await slipway.api('GET', '/api/doctor?fresh=true')).body.findings.map(
      (it: any) => `${it.id} ${it.message}`,
    ),
  }
}

async function readLedger({ world: { slipway } }: Machine): Promise<string[]> {
  const { body } = await slipway.api('GET', '/api/deployments')
  const of = async ({ id }: any) => (await slipway.api('GET', `/api/deployments/${id}/ledger`)).body.entries
  const entries = (await Promise.all(body.deployments.map(of))).flat()
  return entries.map((it: any) => `${it.release} ${it.step} ${it.kind} ${it.name} ${it.state}`).sort()
}

/** One of each for each container that runs, and one nginx: nothing is orphaned or doubled. */
async function countProcesses(machine: Machine): Promise<string[]> {
  const { dataDir } = machine.world.slipway
  const own = machine.engine.folder
  const [dockerd, masters, keepers, proxies] = await Promise.all([
    processesWith((line) => line.startsWith('dockerd ') && line.includes(own)),
    processesWith((line) => line.startsWith('nginx: master') && line.includes(dataDir)),
    shims(machine),
    proxiesOf(machine),
  ])
  return [
    `dockerd ${dockerd.length}`,
    `nginx ${masters.length}`,
    `shims ${keepers.length}`,
    `docker-proxies ${proxies.length}`,
  ]
}

/** By the ports that this Slipway may give. */
async function proxiesOf({ world }: Machine): Promise<number[]> {
  const [from = 0, to = 0] = (world.slipway.environment.SLIPWAY_PORT_RANGE ?? '').split('-').map(Number)
  return processesWith((line) => {
    const port = Number(/docker-proxy .*-host-port (\d+)/.exec(line)?.[1] ?? Number.NaN)
    return port >= from && port <= to
  })
}

/** What is not as it was, in words. */
export function differences(before: State, after: State): string[] {
  return Object.keys(before).flatMap((place) => {
    const [was = [], is = []] = [before[place], after[place]]
    if (isDeepStrictEqual(was, is)) return []
    const gone = was.filter((it) => !is.includes(it))
    const added = is.filter((it) => !was.includes(it))
    return [`${place}: gone ${gone.join(', ') || 'none'}, new ${added.join(', ') || 'none'}`]
  })
}
