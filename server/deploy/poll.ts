import { type Deployment, listDeployments } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'
import { createFollow } from './poll/follow.ts'
import { createReadHeads } from './poll/heads.ts'
import type { Queue } from './queue.ts'

/**
 * One round of asking for pushes: each repository once, for all apps that are made from it and that no webhook speaks
 * for. It never rejects.
 */
export type Poll = (signal: AbortSignal) => Promise<void>

/** Those that a webhook speaks for are asked for in the first round and in every so many: GitHub delivers nothing twice by itself. */
const ALSO_ACTIVE = 15
const LONGEST_PAUSE_MS = 60 * 60_000

export function createPoll(deps: Deps, queue: Queue): Poll {
  const readHeads = createReadHeads(deps)
  const follow = createFollow(deps, queue)
  const failures = new Map<string, { count: number; until: number }>()
  let round = 0

  async function ask(url: string, apps: Deployment[], signal: AbortSignal): Promise<void> {
    const [first] = apps
    if (!first || (failures.get(url)?.until ?? 0) > performance.now()) return
    try {
      const heads = await readHeads(first, new Set(apps.map((it) => it.branch)), signal)
      for (const app of apps) await follow(app, heads)
      failures.delete(url)
    } catch (error) {
      if (!signal.aborted) noteFailure(url, error)
    }
  }

  /** Twice as long as the time before, and said once. */
  function noteFailure(url: string, error: unknown): void {
    const count = (failures.get(url)?.count ?? 0) + 1
    const pause = Math.min(deps.config.githubPollSeconds * 1000 * 2 ** count, LONGEST_PAUSE_MS)
    failures.set(url, { count, until: performance.now() + pause })
    if (count === 1) deps.log.warn({ repository: url }, `could not ask for pushes: ${toAppError(error).message}`)
  }

  return async (signal) => {
    const isThorough = round++ % ALSO_ACTIVE === 0
    const deployments = await listDeployments(deps.db).catch((error: unknown) => {
      deps.log.error({ err: error }, 'the deployments to ask for could not be read')
      return []
    })
    const apps = deployments.filter((it) => isPolled(it) && (isThorough || it.webhook?.state !== 'active'))
    for (const [url, group] of Map.groupBy(apps, (it) => it.githubUrl)) {
      if (!signal.aborted) await ask(url, group, signal)
    }
  }
}

/** Whether the branch of a deployment is asked for, where Slipway asks for pushes at all. */
export const isPolled = ({ delivery, previewOf, stopped, status }: Deployment) =>
  delivery.autoDeploy && previewOf === null && !stopped && status !== 'deleting'
