import { statfs } from 'node:fs/promises'

/** The disk that a folder lies on, in bytes. `free` is what Slipway may use: what is kept for root does not count. */
export async function readDisk(folder: string): Promise<{ total: number; free: number }> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { total: blocks * bsize, free: bavail * bsize }
}
