import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { FAREWELL, makeHoldFolder } from './nginx-holds.ts'

/**
 * While `task` runs, every answer tells its client that the connection ends with it (keepalive_timeout 0). nginx closes
 * idle connections when a worker ends; a client that is just then sending its next request on one would see it fail.
 */
export async function withFarewell<T>(folder: string, task: () => Promise<T>): Promise<T> {
  const flag = path.join(folder, FAREWELL)
  await makeHoldFolder(folder)
  await writeFile(flag, '')
  try {
    return await task()
  } finally {
    await rm(flag, { force: true })
  }
}
