import { AppError } from '../errors.ts'
import type { StepContext } from './context.ts'
import { createDiskReader } from './disks.ts'
import { usedShare } from './read-disk.ts'

/**
 * A build on a disk that is nearly full would take the rest from running apps, whose databases are on it.
 * @throws disk_full
 */
export async function refuseFullDisk(ctx: StepContext): Promise<void> {
  const { minFreeDiskMb, diskStopPercent } = ctx.config
  for (const disk of await createDiskReader(ctx)()) {
    const freeMb = Math.floor(disk.free / 2 ** 20)
    if (freeMb < minFreeDiskMb) {
      throw new AppError(
        'disk_full',
        `Only ${freeMb} MB are free on the disk, and ${minFreeDiskMb} MB are kept in reserve. ${REMEDY} or lower SLIPWAY_MIN_FREE_DISK_MB.`,
      )
    }
    const percent = Math.floor(usedShare(disk) * 100)
    if (percent >= diskStopPercent) {
      throw new AppError(
        'disk_full',
        `The disk with ${disk.folder} is ${percent} % full, and from ${diskStopPercent} % on nothing is built. ${REMEDY} or raise SLIPWAY_DISK_STOP_PERCENT.`,
      )
    }
  }
}

const REMEDY = 'Free some space (Machine, Disk shows what takes it)'
