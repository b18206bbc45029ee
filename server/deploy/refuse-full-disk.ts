import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { StepContext } from './context.ts'
import type { Disk } from './decide-news.ts'
import { createDiskReader } from './disks.ts'
import { usedShare } from './read-disk.ts'

/**
 * A build on a disk that is nearly full would take the rest from running apps, whose databases are on it.
 * @throws disk_full
 */
export async function refuseFullDisk(ctx: StepContext): Promise<void> {
  for (const disk of await createDiskReader(ctx)()) {
    const reason = whyFull(disk, ctx.config)
    if (reason !== undefined) throw new AppError('disk_full', reason)
  }
}

/** Why nothing is built on this disk; undefined where there is room. */
export function whyFull(
  disk: Disk,
  { minFreeDiskMb, diskStopPercent }: Pick<Config, 'minFreeDiskMb' | 'diskStopPercent'>,
): string | undefined {
  const freeMb = Math.floor(disk.free / 2 ** 20)
  if (freeMb < minFreeDiskMb)
    return `Only ${freeMb} MB are free on the disk with ${disk.folder}, and ${minFreeDiskMb} MB are kept in reserve. ${REMEDY} or lower SLIPWAY_MIN_FREE_DISK_MB.`
  const percent = Math.floor(usedShare(disk) * 100)
  if (percent >= diskStopPercent)
    return `The disk with ${disk.folder} is ${percent} % full, and from ${diskStopPercent} % on nothing is built. ${REMEDY} or raise SLIPWAY_DISK_STOP_PERCENT.`
  return undefined
}

const REMEDY = 'Free some space (Machine, Disk shows what takes it)'
