import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineReading } from '../samples.ts'
import { readDisk } from './read-disk.ts'

/** Time that all cores together have spent since the start, in clock ticks. */
export type CpuTimes = { cores: number; busy: number; total: number }

/** `/proc/stat` (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already. */
export function readCpuTimes(stat: string): CpuTimes {
  const [, line = ''] = /^cpu +(.*)$/m.exec(stat) ?? []
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = line.split(' ').map(Number)
  const busy = user + nice + system + irq + soft + steal
  return { cores: stat.match(/^cpu\d+ /gm)?.length ?? 1, busy, total: busy + idle + wait }
}

/** The share of all cores between two readings, 0 to 1; 0 when no time has passed. */
export function cpuShare(before: CpuTimes, after: CpuTimes): number {
  const total = after.total - before.total
  return total > 0 ? Math.min(1, Math.max(0, (after.busy - before.busy) / total)) : 0
}

/** `/proc/meminfo`, in bytes. What the page cache would give back counts as free. */
export function readMemory(meminfo: string): { total: number; used: number } {
  const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  const total = bytes('MemTotal')
  return { total, used: total - bytes('MemAvailable') }
}

/** A base older than this would make of “now” an average over hours in which nobody looked. */
const OLDEST_BASE_MS = 30_000
const NEW_BASE_MS = 500

type Base = { at: number; times: Promise<CpuTimes> }

/** Measures this machine; the CPU since it was measured before, or in half a second where that was long ago. */
export function createMeter(
  dataDir: string,
  readStat = () => readFile('/proc/stat', 'utf8'),
): () => Promise<MachineReading> {
  const readTimes = (): Base => ({ at: Date.now(), times: readStat().then(readCpuTimes) })
  let last: Base | undefined

  async function recentBase(): Promise<Base> {
    if (last && Date.now() - last.at <= OLDEST_BASE_MS) return last
    const base = readTimes()
    await Promise.all([base.times, sleep(NEW_BASE_MS)])
    return base
  }

  return async () => {
    const before = await recentBase()
    last = readTimes()
    const [from, to, meminfo, disk] = await Promise.all([
      before.times,
      last.times,
      readFile('/proc/meminfo', 'utf8'),
      readDisk(dataDir),
    ])
    const memory = readMemory(meminfo)
    return {
      cores: to.cores,
      memoryTotal: memory.total,
      diskTotal: disk.total,
      now: {
        at: new Date().toISOString(),
        cpu: cpuShare(from, to),
        memoryUsed: memory.used,
        diskUsed: disk.total - disk.free,
      },
    }
  }
}
