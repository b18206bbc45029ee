import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAREWELL, inHoldFolder, removeIfEmpty } from './nginx-holds.ts'
import { hasVisitors } from './nginx-visitors.ts'

/** So long clients have to ask once more and be told, before the workers that hold their connections end. */
const NOTICE_MS = 300
const POLL_MS = 20

/**
 * While `task` runs, and for a moment before it, every answer tells its client that the connection ends with it
 * (keepalive_timeout 0). nginx closes idle connections when a worker ends; a client that is just then sending its next
 * request on one would see it fail. Nobody is waited for where nobody is connected.
 */
export async function withFarewell<T>(
  { holdFolder, httpPort }: { holdFolder: string; httpPort: number },
  task: () => Promise<T>,
): Promise<T> {
  await inHoldFolder(holdFolder, () => writeFile(path.join(holdFolder, FAREWELL), ''))
  try {
    await untilTold(httpPort)
    return await task()
  } finally {
    await endFarewell(holdFolder)
  }
}

async function untilTold(port: number): Promise<void> {
  const deadline = performance.now() + NOTICE_MS
  while (performance.now() < deadline && (await hasVisitors(port))) await sleep(POLL_MS)
}

/** Also for the flag that a crash left: with it no connection would ever be kept. */
export async function endFarewell(folder: string): Promise<void> {
  await rm(path.join(folder, FAREWELL), { force: true })
  await removeIfEmpty(folder)
}
