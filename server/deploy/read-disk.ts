import { statfs } from 'node:fs/promises'

/**
 * The disk that a folder lies on, in bytes. `free` is what Slipway may use. What is kept for root counts as neither free
 * nor used, as in df: `total` is what there would be if nothing was used.
 */
export async function readDisk(folder: string): Promise<{ total: number; free: number }> {
  const { bavail, bfree, blocks, bsize } = await statfs(folder)
  return { total: (blocks - bfree + bavail) * bsize, free: bavail * bsize }
}

/** The part of a disk that is in use, 0 to 1. */
export const usedShare = ({ total, free }: { total: number; free: number }): number =>
  total > 0 ? 1 - free / total : 0
