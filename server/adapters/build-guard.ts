import { existsSync } from 'node:fs'
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { type BuildUsage, gatherStrays, hasLimits, placeOf, readBuildUsage, writeLimits } from './build-cgroup.ts'
import { type BuildPace, createBuildPace, type ReadRelays, readRelays } from './build-pace.ts'

/** Who writes the limits: Slipway itself, as root; a unit of systemd that runs as root and is asked to; or nobody. */
export type GuardMode = 'own' | 'helper' | 'off'

export type GuardState = { ok: boolean; detail: string }

export type BuildGuard = {
  /** Whether builds can be limited on this machine. Changes nothing. */
  check(): Promise<GuardState>
  /**
   * Limits what all builds together may use, until the function that this answers is called.
   * @throws build_unguarded when that cannot be done
   */
  hold(memoryMb: number): Promise<() => Promise<void>>
  usage(): Promise<BuildUsage>
}

export type EngineCgroups = { driver: string; version: string }

type Options = {
  mode: GuardMode
  /** Where the helper looks whether somebody asks. */
  requestFile: string
  /** Undefined for an engine that is not this machine's. */
  askEngine: (() => Promise<EngineCgroups>) | undefined
  log: (message: string) => void
  cgroups?: string
  cores?: number
  relays?: ReadRelays
}

export const CGROUPS = '/sys/fs/cgroup'
const HELPER_UNIT = '/etc/systemd/system/slipway-builds.path'
/**
 * So often builds are looked at. The first process of a step is there a tenth of a second before the step's command: the
 * engine connects its network.
 */
export const LOOK_MS = 50
const ANSWER_MS = 10_000
const ASK_MS = 10_000

/**
 * BuildKit ignores limits for one build (docs/decisions/builds-have-limits.md), so they are set for all builds together,
 * at the cgroup above their containers, and only while there is a build.
 */
export function createBuildGuard({
  mode,
  requestFile,
  askEngine,
  log,
  cgroups = CGROUPS,
  cores = cpus().length,
  relays = () => readRelays(placeOf(cgroups)),
}: Options): BuildGuard {
  let holders = 0
  let engine: EngineCgroups | undefined
  let timer: NodeJS.Timeout | undefined
  let asked = 0
  let pace: { keeper: BuildPace; now: number } | undefined
  let turn: Promise<void> = Promise.resolve()

  /**
   * One after the other: two that ask for different limits at once would each wait for its own, and the file of one that
   * begins would go with the one that ends.
   */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }

  /** What fails is tried again the next time. */
  const every = (ms: number, work: () => Promise<unknown>) =>
    setInterval(() => {
      work().catch((error: unknown) => log(`builds may be without limits: ${(error as Error).message}`))
    }, ms).unref()

  async function readEngine(): Promise<EngineCgroups> {
    if (!askEngine) throw new Error('the engine runs on another machine')
    engine ??= await askEngine()
    if (engine.driver === 'systemd' && engine.version === '1')
      throw new Error('the engine uses the systemd driver with cgroup v1, where builds have no place of their own')
    return engine
  }

  /** Anew each time: a helper that took a clock set ahead for our end has taken the request away. */
  const ask = () => writeFile(requestFile, `${asked}\n`)

  async function askAgain(): Promise<void> {
    if (holders > 0) await ask()
  }

  async function limitByHelper(memoryMb: number): Promise<void> {
    await mkdir(path.dirname(requestFile), { recursive: true })
    asked = memoryMb
    await ask()
    const end = performance.now() + ANSWER_MS
    while (!(await hasLimits({ memoryMb, cores }, cgroups))) {
      if (performance.now() > end)
        throw new Error('slipway-builds.service does not answer: see journalctl -u slipway-builds')
      await sleep(50)
    }
  }

  async function limit(memoryMb: number): Promise<void> {
    const { driver } = await readEngine()
    if (mode === 'helper') {
      await limitByHelper(memoryMb)
      timer ??= every(ASK_MS, () => inTurn(askAgain))
      return
    }
    asked = memoryMb
    pace ??= { keeper: createBuildPace(cores, relays), now: 1 }
    await writeLimits({ memoryMb, cores, pace: pace.now }, cgroups)
    timer ??= every(LOOK_MS, async () => {
      if (driver === 'systemd') await gatherStrays(cgroups)
      await inTurn(keepPace)
    })
  }

  async function keepPace(): Promise<void> {
    if (!pace) return
    const now = await pace.keeper.look()
    if (now === pace.now) return
    pace.now = now
    await writeLimits({ memoryMb: asked, cores, pace: now }, cgroups)
  }

  function release(): Promise<void> {
    holders -= 1
    return inTurn(endIfLast)
  }

  async function endIfLast(): Promise<void> {
    if (holders > 0) return
    clearInterval(timer)
    timer = undefined
    // Who builds without Slipway is not to wait for what was printed before.
    if (pace && pace.now < 1) await writeLimits({ memoryMb: asked, cores }, cgroups)
    pace = undefined
    if (mode === 'helper') await rm(requestFile, { force: true })
  }

  return {
    async check() {
      if (mode === 'off') return { ok: true, detail: 'Builds are not limited: SLIPWAY_BUILD_GUARD is off.' }
      try {
        await readEngine()
        if (mode === 'own') await access(writableIn(cgroups), constants.W_OK)
        else await access(HELPER_UNIT)
        return { ok: true, detail: `builds are limited ${mode === 'own' ? 'by Slipway' : 'by slipway-builds.service'}` }
      } catch (error) {
        return { ok: false, detail: refusal(error).message }
      }
    },

    async hold(memoryMb) {
      if (mode === 'off') return async () => undefined
      holders += 1
      try {
        await inTurn(() => limit(memoryMb))
      } catch (error) {
        await release()
        throw refusal(error)
      }
      let isHeld = true
      return async () => {
        if (isHeld) await release()
        isHeld = false
      }
    },

    usage: () => readBuildUsage(cgroups),
  }
}

const writableIn = (cgroups: string) =>
  existsSync(path.join(cgroups, 'cgroup.controllers'))
    ? path.join(cgroups, 'cgroup.subtree_control')
    : path.join(cgroups, 'memory')

function refusal(error: unknown): AppError {
  const { code, message } = error as NodeJS.ErrnoException
  const reason = code === undefined ? message : `${CGROUPS} cannot be written (${code})`
  return new AppError('build_unguarded', `Builds cannot be limited on this machine: ${reason}.`, {
    hint: 'A build without limits can take the memory and the CPU of running apps, so none is started. Let Slipway run as root or as the service (scripts/up --service), or set SLIPWAY_BUILD_GUARD=off to build without limits.',
    cause: error,
  })
}
