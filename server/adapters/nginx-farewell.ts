import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { FAREWELL, inHoldFolder, removeIfEmpty } from './nginx-holds.ts'

/**
 * While `task` runs, every answer tells its client that the connection ends with it (keepalive_timeout 0). nginx closes
 * idle connections when a worker ends; a client that is just then sending its next request on one would see it fail.
 */
export async function withFarewell<T>(folder: string, task: () => Promise<T>): Promise<T> {
  await inHoldFolder(folder, () => writeFile(path.join(folder, FAREWELL), ''))
  try {
    return await task()
  } finally {
    await endFarewell(folder)
  }
}

/** Also for the flag that a crash left: with it no connection would ever be kept. */
export async function endFarewell(folder: string): Promise<void> {
  await rm(path.join(folder, FAREWELL), { force: true })
  await removeIfEmpty(folder)
}
