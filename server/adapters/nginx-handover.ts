import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { signal, workersOf } from './nginx-workers.ts'

const POLL_MS = 4
const TIMEOUT_MS = 10_000
/** For kernels that hide processes: longer than the 100 ms for which old workers still accept. */
const OVERLAP_MS = 150

/** The passing of new connections from the workers before a reload to those after it. */
export type Handover = {
  /** How many of the old workers still accept connections. */
  leftOver(): Promise<number>
  /** Returns when none does. @throws AppError nginx_rejected after 10 s */
  untilDone(): Promise<void>
}

/**
 * Remembers the workers that a reload is about to replace. nginx lets them accept for 100 ms more
 * (ngx_master_process_cycle), and with them the old configuration answers. With `mayEnd` they are told to end as soon as
 * a new worker is there: by QUIT, a worker's documented signal (nginx.org/en/docs/control.html). Open requests go on.
 */
export async function watchHandover(master: number | undefined, mayEnd: boolean): Promise<Handover> {
  // Without a master, ours does not run yet. The distribution's does, but has not read our status before.
  const before = master !== undefined ? await workersOf(master, 'accepting') : mayEnd ? [] : undefined
  const told = new Set<number>()

  const leftOver = async () => {
    const now = (master === undefined ? [] : await workersOf(master, 'accepting')) ?? []
    const old = now.filter((pid) => before?.includes(pid))
    if (mayEnd && old.length < now.length) tell(old)
    return old.length
  }

  const tell = (workers: number[]) => {
    for (const pid of workers.filter((pid) => !told.has(pid))) {
      signal(pid, 'SIGQUIT')
      told.add(pid)
    }
  }

  return {
    leftOver,
    async untilDone() {
      if (before === undefined) await sleep(OVERLAP_MS)
      const deadline = performance.now() + TIMEOUT_MS
      while ((await leftOver()) > 0) {
        if (performance.now() > deadline)
          throw new AppError('nginx_rejected', 'nginx did not let go of its old workers')
        await sleep(POLL_MS)
      }
    },
  }
}
