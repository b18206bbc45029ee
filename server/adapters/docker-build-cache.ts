import { must } from './docker-client.ts'
import { askDiskUsage } from './docker-usage.ts'

/** What is to go: records made in one of these times (ms since 1970), and cache mounts whose path holds one of these names. */
export type Leftovers = { windows: { from: number; to: number }[]; mounts: string[] }

type CacheRecord = { ID: string; Type: string; CreatedAt: string; Description: string; Size: number; Shared: boolean }
type Call = (method: string, path: string, options: Record<string, unknown>) => Promise<unknown>

/** A clearing that failed has put what it was to clear back. */
const keepForNext = () => undefined

/** What builds leave in BuildKit's cache, cleared only while no build of ours runs. */
export function createBuildCache(call: Call) {
  let builds = 0
  let grown = true
  let clearing: Promise<void> = Promise.resolve()
  const waiting: Leftovers[] = []

  function clear(): Promise<void> {
    if (builds > 0) return Promise.resolve()
    const leftovers = waiting.splice(0)
    const done = clearing.then(() => clearLeftovers(call, leftovers))
    // What could not be cleared goes with the next one; the caller of `prune` hears of it through `done`.
    clearing = done.catch(() => void waiting.push(...leftovers))
    return done
  }

  return {
    /** Runs a build once no clearing goes on; from this very moment none begins. */
    async whileBuilding<T>(build: () => Promise<T>): Promise<T> {
      builds += 1
      grown = true
      try {
        await clearing
        return await build()
      } finally {
        builds -= 1
        if (waiting.length > 0) clear().catch(keepForNext)
      }
    },

    /**
     * Removes what builds left in BuildKit's cache. BuildKit keeps by itself what is in use. While a build of ours runs this
     * waits for its end, without making the caller wait: BuildKit 0.8 was seen to hang when its cache was cleared under a
     * build. `GET /system/df` tells of each record when it was made, and of a mount where (`cached mount <path> from …`);
     * `POST /build/prune` takes one id a call.
     */
    async prune(leftovers: Leftovers): Promise<void> {
      waiting.push(leftovers)
      await clear()
    },

    /**
     * Lets BuildKit drop what was not used for longest until its cache is no larger than `bytes`, mounts with it. Asks
     * only when something was built since it was asked last, and not while something is.
     */
    async keepWithin(bytes: number): Promise<void> {
      if (builds > 0 || !grown) return
      const dropped = clearing.then(() => dropOldest(call, bytes))
      clearing = dropped.catch(keepForNext)
      await dropped
      grown = false
    },
  }
}

/** Layers that images share are not the cache's to drop, and BuildKit does not count them either (cache/manager.go). */
async function dropOldest(call: Call, bytes: number): Promise<void> {
  const size = (await listRecords(call)).reduce((sum, it) => sum + (it.Shared ? 0 : it.Size), 0)
  if (size > bytes) await must('limiting the build cache', call('POST', '/build/prune?', { 'keep-storage': bytes }))
}

async function clearLeftovers(call: Call, leftovers: Leftovers[]): Promise<void> {
  if (leftovers.length === 0) return
  const records = (await listRecords(call)).filter((record) => leftovers.some((it) => isLeft(record, it)))
  for (const { ID: id } of records.reverse()) {
    const filters = JSON.stringify({ id: [id] })
    await must('clearing the build cache', call('POST', '/build/prune?', { all: true, filters }))
  }
}

function isLeft({ Type, CreatedAt, Description }: CacheRecord, { windows, mounts }: Leftovers): boolean {
  if (Type === 'exec.cachemount') return mounts.some((name) => Description.includes(`/${name}/`))
  const made = Date.parse(CreatedAt)
  return windows.some(({ from, to }) => made >= from && made <= to)
}

/** Oldest first. */
async function listRecords(call: Call): Promise<CacheRecord[]> {
  const doing = 'looking at the build cache'
  const usage = await askDiskUsage(() => must(doing, call('GET', '/system/df?', { type: 'build-cache' })))
  const records = (usage as { BuildCache?: CacheRecord[] | null }).BuildCache ?? []
  return records.toSorted((a, b) => Date.parse(a.CreatedAt) - Date.parse(b.CreatedAt))
}
