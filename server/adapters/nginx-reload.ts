import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { askStatus } from './nginx-ask.ts'
import type { Engine, Setup } from './nginx-engine.ts'
import { fingerprintOf, listConfs, readIfThere, writeWhole } from './nginx-files.ts'
import { type Handover, watchHandover } from './nginx-handover.ts'
import { stateOf, workersOf } from './nginx-workers.ts'

const POLL_MS = 4
const DRAIN_POLL_MS = 50
const RELOAD_TIMEOUT_MS = 10_000

/** The generation is a number that nginx reads with its configuration and tells who asks with the token. */
export type Generation = {
  /** The number on the disk; 0 when there is none. */
  onDisk(): Promise<number>
  /** Writes the next number. Called before any vhost file is touched, so that a crash leaves a difference to be seen. */
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

  /** What the vhosts were when nginx last read them: someone may have changed them by hand since. */
  const record = path.join(setup.dir, 'loaded')
  const fingerprint = async () => fingerprintOf(await listConfs(setup.vhostsDir, engine.conf))

  const untilAnswered = async (generation: number, handover: Handover) => {
    const deadline = performance.now() + (setup.reloadTimeoutMs ?? RELOAD_TIMEOUT_MS)
    while ((await status())?.generation !== generation) {
      if (performance.now() > deadline) throw await notLoaded(await status())
      await handover.leftOver()
      await sleep(POLL_MS)
    }
  }

  const notLoaded = async (answered: unknown) =>
    answered === undefined
      ? new AppError('nginx_unreachable', `nginx does not answer on port ${setup.httpPort} after a reload`, { hint })
      : new AppError('nginx_rejected', 'nginx kept its old configuration; its error log and `nginx -t` say why', {
          hint,
        })
  const hint =
    setup.mode === 'system'
      ? 'See `systemctl status nginx slipway-nginx.path`; without root, the latter reloads nginx for Slipway'
      : `See ${setup.dir}/error.log`

  return {
    onDisk,
    async advance() {
      const next = (await onDisk()) + 1
      await writeWhole(setup.generationFile, `return 200 "generation ${next} worker $pid";\n`)
      return next
    },
    async isLoaded() {
      const [answered, wanted] = await Promise.all([status(), onDisk()])
      return answered?.generation === wanted && (await readIfThere(record)) === `${wanted} ${await fingerprint()}`
    },
    async load(generation) {
      const handover = await watchHandover(await engine.master(), engine.mayEndWorkers)
      const read = await fingerprint()
      await engine.load()
      await untilAnswered(generation, handover)
      await handover.untilDone()
      await untilAnswered(generation, handover)
      await writeFile(record, `${generation} ${read}`)
    },
    async drained(signal) {
      const master = await engine.master()
      const known = master === undefined ? [] : await workersOf(master, 'draining')
      const before = known && [...known, ...(await engine.drainingOrphans())]
      const deadline = performance.now() + (setup.drainSeconds + 1) * 1000
      while (performance.now() < deadline) {
        const states = await Promise.all((before ?? []).map(stateOf))
        if (before && !states.includes('draining')) return
        await sleep(DRAIN_POLL_MS, undefined, signal && { signal })
      }
    },
  }
}
