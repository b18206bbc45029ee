import { readFile, statfs } from 'node:fs/promises'
import type { MachineReading } from '../samples.ts'

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

/** Measures this machine; the CPU since it was measured before, for the first time since the meter was made. */
export function createMeter(dataDir: string): () => Promise<MachineReading> {
  const readTimes = async () => readCpuTimes(await readFile('/proc/stat', 'utf8'))
  let last = readTimes()
  // Only a measurement tells of it: there the same reading fails again.
  last.catch(() => undefined)

  return async () => {
    const before = last
    last = readTimes()
    const [from, to, meminfo, disk] = await Promise.all([
      before,
      last,
      readFile('/proc/meminfo', 'utf8'),
      statfs(dataDir),
    ])
    const memory = readMemory(meminfo)
    return {
      cores: to.cores,
      memoryTotal: memory.total,
      diskTotal: disk.blocks * disk.bsize,
      now: {
        at: new Date().toISOString(),
        cpu: cpuShare(from, to),
        memoryUsed: memory.used,
        diskUsed: (disk.blocks - disk.bfree) * disk.bsize,
      },
    }
  }
}
