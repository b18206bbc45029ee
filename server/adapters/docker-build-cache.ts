import { must } from './docker-client.ts'

type Window = { from: Date; to: Date }
type CacheRecord = { ID: string; Type: string; CreatedAt: string }
type Call = (method: string, path: string, options: Record<string, unknown>) => Promise<unknown>

/** A clearing that failed has put its windows back. */
const keepForNext = () => undefined

/** What builds leave in BuildKit's cache, cleared only while no build of ours runs. */
export function createBuildCache(call: Call) {
  let builds = 0
  let clearing: Promise<void> = Promise.resolve()
  const waiting: Window[] = []

  function clear(): Promise<void> {
    if (builds > 0) return Promise.resolve()
    const windows = waiting.splice(0)
    const done = clearing.then(() => clearWindows(call, windows))
    // What could not be cleared goes with the next one; the caller of `prune` hears of it through `done`.
    clearing = done.catch(() => void waiting.push(...windows))
    return done
  }

  return {
    /** Runs a build once no clearing goes on; from this very moment none begins. */
    async whileBuilding<T>(build: () => Promise<T>): Promise<T> {
      builds += 1
      try {
        await clearing
        return await build()
      } finally {
        builds -= 1
        if (waiting.length > 0) clear().catch(keepForNext)
      }
    },

    /**
     * Removes what builds between two moments left in BuildKit's cache: the packed sources, and layers that no image
     * needs. The shared download caches of package managers (`RUN --mount=type=cache`) stay. BuildKit keeps by itself
     * what is in use. While a build of ours runs this waits for its end, without making the caller wait: BuildKit 0.8 was
     * seen to hang when its cache was cleared under a build. `GET /system/df` tells when each record was made; `POST
     * /build/prune` takes one id a call.
     */
    async prune(from: Date, to: Date): Promise<void> {
      waiting.push({ from, to })
      await clear()
    },
  }
}

async function clearWindows(call: Call, windows: Window[]): Promise<void> {
  for (const { from, to } of windows) {
    for (const { ID: id } of (await listRecords(call, from, to)).reverse()) {
      const filters = JSON.stringify({ id: [id] })
      await must('clearing the build cache', call('POST', '/build/prune?', { all: true, filters }))
    }
  }
}

/** Oldest first. */
async function listRecords(call: Call, from: Date, to: Date): Promise<CacheRecord[]> {
  const usage = await must('looking at the build cache', call('GET', '/system/df?', { type: 'build-cache' }))
  const made = ({ CreatedAt }: CacheRecord) => Date.parse(CreatedAt)
  return ((usage as { BuildCache?: CacheRecord[] | null }).BuildCache ?? [])
    .filter((it) => it.Type !== 'exec.cachemount' && made(it) >= from.getTime() && made(it) <= to.getTime())
    .sort((a, b) => made(a) - made(b))
}
