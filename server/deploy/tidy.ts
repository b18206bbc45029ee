import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { limitErrorLog } from '../adapters/nginx-managed.ts'
import { listStanding } from '../db/ledger.ts'
import { deleteOldLogs } from '../db/logs.ts'
import type { Deps } from '../deps.ts'

const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
/** Build logs of so many releases stay, however old they are. */
const KEPT_LOGS = 10

/**
 * Takes away what is of no use to anybody any more, and nothing that is not ours: build logs that are old, clones that
 * a crash left, images without a name, a long error log of our own nginx. Each by itself: what cannot be had now goes the next time.
 */
export async function tidy(deps: Deps): Promise<void> {
  const { buildLogDays, nginx, nginxDir } = deps.config
  const before = new Date(Date.now() - buildLogDays * DAY_MS).toISOString()
  const parts: [string, () => Promise<number>][] = [
    ['lines of old build logs', () => deleteOldLogs(deps.db, { before, keep: KEPT_LOGS })],
    ['clones that nobody uses', () => sweepCheckouts(deps)],
    ['images without a name', () => deps.docker.removeUnnamed()],
    ['bytes of nginx’s error log', async () => (nginx === 'managed' ? limitErrorLog(nginxDir) : 0)],
  ]
  for (const [what, work] of parts) {
    try {
      const count = await work()
      if (count > 0) deps.log.info(`removed ${count} ${what}`)
    } catch (error) {
      deps.log.warn({ err: error }, `could not remove ${what}`)
    }
  }
}

/** Clones that stand on no ledger and have not been touched for an hour; a look into a repository takes two minutes at most. */
async function sweepCheckouts({ config, db }: Deps): Promise<number> {
  const folder = path.join(config.dataDir, 'checkouts')
  if (!existsSync(folder)) return 0
  const standing = new Set((await listStanding(db)).flatMap((it) => (it.kind === 'checkout' ? [it.name] : [])))
  let count = 0
  for (const name of await readdir(folder)) {
    const target = path.join(folder, name)
    if (standing.has(name) || Date.now() - (await stat(target)).mtimeMs < HOUR_MS) continue
    await rm(target, { recursive: true, force: true })
    count += 1
  }
  return count
}
