import path from 'node:path'
import { listFolders, readIfThere } from './build-cgroup.ts'

/** What part of the CPU time that builds may use they are given at the moment: 1 is all of it. */
export type BuildPace = { look(): Promise<number> }

/** Answers the seconds of CPU that was used for each step of a build to hand on what it prints, by process. */
export type ReadRelays = () => Promise<Map<number, number>>

const LOOK_MS = 100
/** So many looks in a row, or it was a moment. */
const LOOKS = 3
/** Parts of all the machine's CPU time. */
const MUCH = 0.15
const ENOUGH = 0.075
const LEAST_PACE = 0.1
/** Of one look to the next. */
const SLOWER_AT_MOST = 0.2
const FASTER_AT_MOST = 1.2

/**
 * What a build prints is handed on by runc and the engine, which no limit on builds reaches: a build that prints without
 * end keeps a core and more busy with that (docs/reliability.md). So builds get slower while runc has much to do.
 */
export function createBuildPace(cores: number, readRelays: ReadRelays, clock = () => performance.now()): BuildPace {
  let pace = 1
  let looksAbove = 0
  let before: { relays: Map<number, number>; at: number } | undefined

  function next(share: number): number {
    looksAbove = share > MUCH ? looksAbove + 1 : 0
    if (pace === 1 && looksAbove < LOOKS) return 1
    const factor = Math.min(FASTER_AT_MOST, Math.max(SLOWER_AT_MOST, ENOUGH / share))
    return Math.min(1, Math.max(LEAST_PACE, pace * factor))
  }

  return {
    async look() {
      const at = clock()
      if (before && at - before.at < LOOK_MS) return pace
      const relays = await readRelays()
      if (before) {
        const { relays: then } = before
        const used = [...relays].reduce((sum, [pid, cpu]) => sum + cpu - (then.get(pid) ?? cpu), 0)
        pace = next(used / (((at - before.at) / 1000) * cores))
      }
      before = { relays, at }
      return pace
    },
  }
}

/** On every platform that Linux runs Docker on (proc(5), `sysconf(_SC_CLK_TCK)`). */
const TICKS_A_SECOND = 100

/**
 * BuildKit runs each step by `runc run`, which stays and copies what the step's first process prints: it is the parent of
 * that one. `place`: the folder of cgroups that builds have.
 */
export async function readRelays(place: string, proc = '/proc'): Promise<Map<number, number>> {
  const relays = new Map<number, number>()
  for (const folder of await listFolders(place)) {
    const [first] = (await readIfThere(path.join(place, folder, 'cgroup.procs')))?.split('\n') ?? []
    if (!first) continue
    const parent = (await readStat(proc, Number(first)))?.parent
    const relay = parent === undefined ? undefined : await readStat(proc, parent)
    if (parent !== undefined && relay?.name === 'runc') relays.set(parent, relay.cpu)
  }
  return relays
}

async function readStat(proc: string, pid: number) {
  const stat = (await readIfThere(path.join(proc, String(pid), 'stat'))) ?? ''
  const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? []
  const [, parent, ...fields] = rest.split(' ').map(Number)
  const [user, system] = fields.slice(9, 11)
  if (parent === undefined || user === undefined || system === undefined) return undefined
  return { name, parent, cpu: (user + system) / TICKS_A_SECOND }
}
