import type { DiskView } from '../../../server/http/views.ts'

export type Disk = DiskView['disks'][number]
export type DiskApp = DiskView['apps'][number]
export type Tone = 'ok' | 'warn' | 'bad'

/** The part of a disk that is in use, 0 to 1. */
export const usedShare = ({ total, free }: Disk): number => (total > 0 ? 1 - free / total : 0)

/** How a disk stands, in a word beside its colour. The server counts whole percents, and so does this. */
export function stateOf(disk: Disk, { warnPercent, stopPercent }: DiskView): { tone: Tone; word: string } {
  const percent = Math.floor(usedShare(disk) * 100)
  if (percent >= stopPercent) return { tone: 'bad', word: 'Too full: nothing is built' }
  if (percent >= warnPercent) return { tone: 'warn', word: 'Nearly full' }
  return { tone: 'ok', word: 'Enough room' }
}

/** What belongs to no app alone, in the order of a bill; what is nothing is left out. */
export const othersOf = ({ others }: DiskView): { what: string; bytes: number }[] =>
  [
    { what: 'Build cache: layers and downloads that make the next build fast', bytes: others.buildCache },
    { what: 'Layers that images share, base images, and images that are not Slipway’s', bytes: others.otherImages },
    { what: 'Slipway’s own data, and backups that are kept with it', bytes: others.slipway },
  ].filter(({ bytes }) => bytes > 0)
