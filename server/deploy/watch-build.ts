import type { Logger } from 'pino'
import type { BuildGuard } from '../adapters/build-guard.ts'
import type { Taken } from '../db/build-usage.ts'
import { AppError } from '../errors.ts'
import type { Disk } from './decide-news.ts'
import { leastFree } from './disks.ts'

const LOOK_MS = 250
const MIB = 2 ** 20
/** A container of a build is taken below the limits within a tenth of a second; one that is not in two is not at all. */
const MOST_LOOKS_WITH_STRAYS = 8

export type BuildWatch = {
  /** Fires with the reason when the build has to end. */
  signal: AbortSignal
  /**
   * Ends the watch, and answers the most that was taken, and whether the kernel ended a process for want of memory: it was
   * one of the build's, or `perhaps` that of somebody else.
   */
  stop(): Promise<Taken & { killed: 'yes' | 'perhaps' | 'no' }>
}

type Limits = {
  disks: () => Promise<Disk[]>
  minFreeDiskMb: number
  seconds: number
  memoryMb: number
  isGuarded: boolean
}

/** Looks at a build while it runs: it ends when it takes too long, or when the disk has no more than its reserve left. */
export async function watchBuild(guard: BuildGuard, limits: Limits, log: Logger): Promise<BuildWatch> {
  const over = new AbortController()
  const taken: Taken = { memory: 0, disk: 0 }
  const [before, disksBefore] = await Promise.all([guard.usage(), limits.disks()])
  let kills = 0
  let looksWithStrays = 0

  async function look(): Promise<void> {
    const [usage, disks] = await Promise.all([guard.usage(), limits.disks()])
    const free = leastFree(disks)
    taken.memory = Math.max(taken.memory, usage.memory)
    taken.disk = Math.max(taken.disk, ...disks.map((disk) => shrunk(disk, disksBefore)))
    kills = usage.kills - before.kills
    looksWithStrays = usage.strays > 0 ? looksWithStrays + 1 : 0
    if (limits.isGuarded && looksWithStrays >= MOST_LOOKS_WITH_STRAYS) over.abort(unguarded())
    if (free < limits.minFreeDiskMb * MIB) over.abort(diskFull(free, limits))
  }

  const timer = setTimeout(() => over.abort(timedOut(limits)), limits.seconds * 1000)
  const tryToLook = () => look().catch((error: unknown) => log.warn({ err: error }, 'a build could not be looked at'))
  const watching = setInterval(() => void tryToLook(), LOOK_MS)

  return {
    signal: over.signal,
    async stop() {
      clearTimeout(timer)
      clearInterval(watching)
      await tryToLook()
      const isOurs = !before.isOfAll || taken.memory > (limits.memoryMb * MIB) / 2
      return { ...taken, killed: kills === 0 ? 'no' : isOurs ? 'yes' : 'perhaps' }
    },
  }
}

const shrunk = ({ folder, free }: Disk, before: Disk[]) =>
  (before.find((it) => it.folder === folder)?.free ?? free) - free

const timedOut = ({ seconds }: Limits) =>
  new AppError(
    'build_timed_out',
    `The build was stopped after ${seconds} s. Make it faster, or raise SLIPWAY_BUILD_TIMEOUT_SECONDS.`,
  )

const unguarded = () =>
  new AppError('build_unguarded', 'The build was stopped: it ran where the limits on builds do not reach it.', {
    hint: 'See journalctl -u slipway-builds, or the server log where Slipway runs as root. SLIPWAY_BUILD_GUARD=off builds without limits.',
  })

const diskFull = (free: number, { minFreeDiskMb }: Limits) =>
  new AppError(
    'disk_full',
    `The build was stopped: it left ${Math.floor(free / MIB)} MB free on the disk, and ${minFreeDiskMb} MB are kept in reserve. Make it write less, free some space, or lower SLIPWAY_MIN_FREE_DISK_MB.`,
  )
