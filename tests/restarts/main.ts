import { readFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { enterNest } from '../torture/engine.ts'
import { deployApps, heal } from './apps.ts'
import { type Drill, drills } from './drills.ts'
import { createMachine, type Machine } from './machine.ts'
import { type Outcome, rehearse } from './rehearse.ts'
import { heading, tell } from './report.ts'

/**
 * `npm run restarts`: engine, nginx and Slipway are stopped and killed under apps that visitors ask all the time. Takes
 * root, for an engine of its own in a network of its own.
 *
 *   --apps N     so many apps (20)
 *   --only A,B   the drills whose names have A or B in them
 *   --round N    seconds between rounds of the reconciler (60, as delivered; less makes the looks afterwards shorter)
 *   --live-restore   the engine is one that lets containers run while it is away itself
 *   --verbose    says what visitors met, and what Slipway and the engine said, also where all is well
 */
const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    round: { type: 'string', default: '60' },
    verbose: { type: 'boolean', default: false },
    'live-restore': { type: 'boolean', default: false },
  },
})

const chosen = values.only.split(',')
const wanted = drills.filter(({ name }) => chosen.some((part) => name.includes(part)))
if (wanted.length === 0) throw new Error(`There is no such drill, only ${drills.map((it) => it.name).join('; ')}.`)
/** The machine that there is, which goes whatever happens. */
let machine: Machine | undefined
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
if (await enterNest()) process.exitCode = (await run(wanted)) ? 0 : 1

async function run(list: Drill[]): Promise<boolean> {
  machine = await createMachine(Number(values.round), values['live-restore'] ? ['--live-restore'] : [])
  try {
    return await rehearseAll(machine, list)
  } catch (error) {
    if (!isStopped) throw error
    return false
  } finally {
    if (!isStopped) await machine.destroy()
  }
}

/** Both programs hear of it: the one outside of the nest waits for the one inside. */
function stop(): void {
  if (isStopped || !machine) return
  isStopped = true
  void machine.destroy().finally(() => process.exit(1))
}

async function rehearseAll(on: Machine, list: Drill[]): Promise<boolean> {
  const began = Date.now()
  const deployed = await deployApps(on.world, Number(values.apps))
  const date = new Date().toISOString().slice(0, 10)
  console.log(
    `${date}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}, ${values.apps} apps deployed in ${Math.round((Date.now() - began) / 1000)} s\n${heading}`,
  )
  let isWell = true
  for (const drill of list) {
    const outcome = await rehearse(on, drill, { ...deployed, roundSeconds: Number(values.round) })
    console.log(tell(outcome))
    const isFine = outcome.problems.length === 0
    if (!isFine || values.verbose) await sayMore(on, outcome)
    if (!isFine) await heal(on.world, deployed.apps)
    isWell &&= isFine
  }
  return isWell
}

async function sayMore({ world, engine }: Machine, { visited }: Outcome): Promise<void> {
  for (const { app, met } of visited) console.log(`  ${app.subdomain} met: ${met.join(', ')}`)
  console.log(world.slipway.output().slice(-8000))
  console.log((await readFile(path.join(engine.folder, 'dockerd.log'), 'utf8')).slice(-8000))
}
