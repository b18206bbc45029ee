import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import { type Deployment, findDeployment, insertDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { insertRelease, updateRelease } from '../../server/db/releases.ts'
import { createBackups } from '../../server/deploy/backups/backups.ts'
import { createContext } from '../../server/deploy/context.ts'
import { createPost } from '../../server/deploy/post-news.ts'
import type { Queue } from '../../server/deploy/queue.ts'
import { createScheduler } from '../../server/deploy/schedules/scheduler.ts'
import { createStats } from '../../server/deploy/stats.ts'
import { createDeps, type Deps } from '../../server/deps.ts'
import { root } from './slipway.ts'

/** Runs nothing: what was asked for stays in the database. */
const idleQueue: Queue = {
  kick: () => undefined,
  abort: () => false,
  whileIdle: (_, work) => work(),
  isBusy: () => false,
  stop: async () => undefined,
}

/**
 * The server's inside, without an engine: the real routes, database and adapters, and a queue that runs nothing.
 * `prepare` puts something into the data folder before.
 */
export async function makeInside(env: Record<string, string> = {}, prepare?: (folder: string) => void) {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-inside-'))
  prepare?.(folder)
  const config = loadConfig(
    { SLIPWAY_DATA_DIR: folder, SLIPWAY_NGINX: 'off', SLIPWAY_METADATA_WALL: 'off', ...env },
    root,
  )
  const deps: Deps = await createDeps(config, pino({ level: 'silent' }))
  const scheduler = createScheduler(deps, idleQueue)
  const backups = createBackups(deps, idleQueue, () => undefined)
  const app = await buildApp(deps, idleQueue, createStats(deps), createPost(deps), scheduler, backups)
  // Git's home is made meanwhile.
  while (!existsSync(path.join(folder, 'git-home', 'ask-pass'))) await sleep(5)

  return {
    deps,
    app,
    queue: idleQueue,
    /** An app whose first release is live with this commit. */
    async live(githubUrl: string, sha: string, changes: Partial<Deployment> = {}): Promise<Deployment> {
      const { id } = await insertDeployment(deps.db, {
        name: 'app',
        githubUrl,
        branch: null,
        rootDir: '',
        subdomain: `app-${Math.random().toString(36).slice(2, 8)}`,
        template: null,
        overrides: {},
        volumes: [],
        env: '',
      })
      await updateDeployment(deps.db, id, { liveRelease: 1, status: 'running', ...changes })
      const deployment = (await findDeployment(deps.db, id)) as Deployment
      const release = await insertRelease(deps.db, deployment)
      await updateRelease(deps.db, release, {
        status: 'live',
        commit: { sha, message: 'First', author: 'Ada', at: new Date(0).toISOString() },
      })
      return deployment
    },
    async close() {
      await app.close()
      await deps.db.destroy()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
    show: async (id: string) => (await findDeployment(deps.db, id)) as Deployment,
    context: (id: string) => createContext(deps, id, 1),
  }
}
export type Inside = Awaited<ReturnType<typeof makeInside>>
