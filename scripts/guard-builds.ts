import { readFile, rm, stat } from 'node:fs/promises'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { gatherStrays, placeOf, writeLimits } from '../server/adapters/build-cgroup.ts'
import { CGROUPS, LOOK_MS } from '../server/adapters/build-guard.ts'
import { createBuildPace, readRelays } from '../server/adapters/build-pace.ts'

/**
 * Limits builds for a Slipway that is not root: `node scripts/guard-builds.ts REQUEST_FILE`, started by
 * slipway-builds.path when that file is there. It holds the memory that builds may use, in MiB, and nothing else counts
 * of it. Ends when the file is taken away, or has not been touched for a minute because who asked has died.
 */

const [requestFile = ''] = process.argv.slice(2)
const STALE_MS = 60_000
const LEAST_MB = 64
const MOST_MB = 2 ** 22

/** When it was touched last, by a clock that nobody sets. */
let seen = { mtimeMs: 0, at: 0 }

async function readRequest(): Promise<number | undefined> {
  try {
    const [text, { mtimeMs }] = [await readFile(requestFile, 'utf8'), await stat(requestFile)]
    if (mtimeMs !== seen.mtimeMs) seen = { mtimeMs, at: performance.now() }
    if (performance.now() - seen.at > STALE_MS) {
      await rm(requestFile)
      return undefined
    }
    return /^\d{1,7}\n$/.test(text) ? Math.min(MOST_MB, Math.max(LEAST_MB, Number(text))) : LEAST_MB
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

const cores = cpus().length
const pace = createBuildPace(cores, () => readRelays(placeOf(CGROUPS)))
let last = LEAST_MB
for (let memoryMb = await readRequest(); memoryMb !== undefined; memoryMb = await readRequest()) {
  last = memoryMb
  await writeLimits({ memoryMb, cores, pace: await pace.look() }, CGROUPS)
  await gatherStrays(CGROUPS)
  await sleep(LOOK_MS)
}
// Who builds without Slipway is not to wait for what was printed before.
await writeLimits({ memoryMb: last, cores }, CGROUPS)
