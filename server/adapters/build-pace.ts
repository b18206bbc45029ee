import { readFile } from 'node:fs/promises'

/** What part of the CPU time that builds may use they are given at the moment: 1 is all of it. */
export type BuildPace = { look(): Promise<number> }

/** Answers the seconds of CPU that the engine has used since its start; undefined where that is not known. */
export type ReadCpu = () => Promise<number | undefined>

const LOOK_MS = 100
/** So many looks in a row, or it was a moment: an image that is written, an app that is started. */
const LOOKS = 3
/** Parts of all the machine's CPU time. */
const MUCH = 0.2
const ENOUGH = 0.075
const LEAST_PACE = 0.1
/** Of one look to the next. */
const SLOWER_AT_MOST = 0.2
const FASTER_AT_MOST = 1.2

/**
 * What a build prints passes through the engine, which no limit on builds reaches: a build that prints without end keeps
 * a core and more busy with that (docs/reliability.md). So builds get slower while the engine has much to do.
 */
export function createBuildPace(cores: number, readCpu: ReadCpu, clock = () => performance.now()): BuildPace {
  let pace = 1
  let looksAbove = 0
  let before: { cpu: number; at: number } | undefined

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
      const cpu = await readCpu()
      if (cpu === undefined) return 1
      if (before) pace = next((cpu - before.cpu) / (((at - before.at) / 1000) * cores))
      before = { cpu, at }
      return pace
    },
  }
}

const PID_FILE = '/var/run/docker.pid'
/** On every platform that Linux runs Docker on (proc(5), `sysconf(_SC_CLK_TCK)`). */
const TICKS_A_SECOND = 100

/** Of the engine of this machine, where that is dockerd and says who it is in the usual place. */
export async function readEngineCpu(pidFile = PID_FILE): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${Number(await readFile(pidFile, 'utf8'))}/stat`, 'utf8')
    const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? []
    const [user, system] = rest.split(' ').slice(11, 13).map(Number)
    return name === 'dockerd' && user !== undefined && system !== undefined
      ? (user + system) / TICKS_A_SECOND
      : undefined
  } catch (error) {
    // Another engine, or one that is just being started.
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
