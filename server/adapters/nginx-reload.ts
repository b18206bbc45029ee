import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { askStatus } from './nginx-ask.ts'
import type { Engine, Setup } from './nginx-engine.ts'
import { readIfThere, writeWhole } from './nginx-files.ts'
import { workersOf } from './nginx-workers.ts'

const POLL_MS = 4
const DRAIN_POLL_MS = 50
const RELOAD_TIMEOUT_MS = 10_000
/** For kernels that hide processes: longer than the 100 ms for which old workers still accept. */
const OVERLAP_MS = 150

/** The generation is a number that nginx reads with its configuration and tells who asks with the token. */
export type Generation = {
  /** The number on the disk; 0 when there is none. */
  onDisk(): Promise<number>
  /**
   * Writes the next number. Called before any vhost file is touched: whatever a crash interrupts, disk and nginx then
   * differ, and the next start sees it.
   */
  advance(): Promise<number>
  /** True when nginx runs with exactly what is on the disk. */
  isLoaded(): Promise<boolean>
  /** Loads the configuration and returns when new connections meet nothing older. @throws AppError nginx_unreachable, nginx_rejected */
  load(generation: number): Promise<void>
  /** Waits for the workers that still finish old requests, at most the drain time. */
  drained(signal?: AbortSignal): Promise<void>
}

export function createGeneration(setup: Setup, engine: Engine): Generation {
  const status = () => askStatus({ port: setup.httpPort, host: setup.values.statusHost, token: setup.token })
  const onDisk = async () => Number(/generation (\d+)/.exec((await readIfThere(setup.generationFile)) ?? '')?.[1] ?? 0)

  const untilAnswered = async (generation: number, onWait = async () => {}) => {
    const deadline = Date.now() + (setup.reloadTimeoutMs ?? RELOAD_TIMEOUT_MS)
    while ((await status())?.generation !== generation) {
      if (Date.now() > deadline) throw await notLoaded(await status())
      await onWait()
      await sleep(POLL_MS)
    }
  }

  const notLoaded = async (answered: unknown) =>
    answered === undefined
      ? new AppError('nginx_unreachable', `nginx does not answer on port ${setup.httpPort} after a reload`)
      : new AppError('nginx_rejected', 'nginx kept its old configuration; its error log and `nginx -t` say why')

  return {
    onDisk,
    async advance() {
      const next = (await onDisk()) + 1
      await writeWhole(setup.generationFile, `return 200 "generation ${next} worker $pid";\n`)
      return next
    },
    isLoaded: async () => (await status())?.generation === (await onDisk()),
    async load(generation) {
      const master = await engine.master()
      const old = await watchOldWorkers(master, engine.mayEndWorkers)
      await engine.load()
      await untilAnswered(generation, old.hurry)
      await old.untilGone()
      await untilAnswered(generation)
    },
    async drained(signal) {
      const master = await engine.master()
      const draining = master === undefined ? [] : await workersOf(master, 'draining')
      const deadline = Date.now() + (setup.drainSeconds + 1) * 1000
      while (master !== undefined && Date.now() < deadline) {
        const now = await workersOf(master, 'draining')
        if (draining !== undefined && !draining.some((pid) => now?.includes(pid))) return
        await sleep(DRAIN_POLL_MS, undefined, signal && { signal })
      }
    },
  }
}

/**
 * The workers that a reload replaces. nginx lets them accept for 100 ms more (ngx_master_process_cycle), and with them
 * the old configuration answers. Where they are ours, they are told to end as soon as a new worker is there: QUIT, a
 * worker's documented signal (nginx.org/en/docs/control.html); open requests go on.
 */
async function watchOldWorkers(master: number | undefined, mayEnd: boolean) {
  if (master === undefined) return { hurry: async () => {}, untilGone: async () => {} }
  const before = await workersOf(master, 'accepting')
  const told = new Set<number>()

  const hurry = async () => {
    const now = (await workersOf(master, 'accepting')) ?? []
    const old = now.filter((pid) => before?.includes(pid))
    if (mayEnd && old.length < now.length) {
      for (const pid of old.filter((pid) => !told.has(pid))) told.add(pid) && process.kill(pid, 'SIGQUIT')
    }
    return old.length
  }
  return {
    async hurry() {
      await hurry()
    },
    async untilGone() {
      if (before === undefined) return void (await sleep(OVERLAP_MS))
      const deadline = Date.now() + RELOAD_TIMEOUT_MS
      while ((await hurry()) > 0) {
        if (Date.now() > deadline) throw new AppError('nginx_rejected', 'nginx did not let go of its old workers')
        await sleep(POLL_MS)
      }
    },
  }
}
