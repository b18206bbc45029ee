import { type Deployment, listDeployments } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'
import { createFollow, type Follow } from './poll/follow.ts'
import { createReadHeads, type ReadHeads } from './poll/heads.ts'
import type { Queue } from './queue.ts'

/**
 * One round of asking for pushes: each repository once, for all apps that are made from it and that no webhook speaks
 * for. It never rejects.
 */
export type Poll = (signal: AbortSignal) => Promise<void>

/** Those that a webhook speaks for are asked for in the first round and in every so many: GitHub delivers nothing twice by itself. */
const ALSO_ACTIVE = 15
const LONGEST_PAUSE_MS = 60 * 60_000

/** What is known of a repository, as long as an app is made from it. */
type Known = { readHeads: ReadHeads; follow: Follow; failure?: { count: number; until: number } }

export function createPoll(deps: Deps, queue: Queue): Poll {
  const repositories = new Map<string, Known>()
  let round = 0

  function knownOf(url: string): Known {
    const known = repositories.get(url) ?? { readHeads: createReadHeads(deps), follow: createFollow(deps, queue) }
    repositories.set(url, known)
    return known
  }

  async function ask(url: string, apps: Deployment[], signal: AbortSignal): Promise<void> {
    const [first] = apps
    const known = knownOf(url)
    if (!first || (known.failure?.until ?? 0) > performance.now()) return
    try {
      const heads = await known.readHeads(first, new Set(apps.map((it) => it.branch)), signal)
      for (const app of apps) await known.follow(app, heads)
      delete known.failure
    } catch (error) {
      if (!signal.aborted) noteFailure(url, known, error)
    }
  }

  /** Twice as long as the time before, and said once. */
  function noteFailure(url: string, known: Known, error: unknown): void {
    const count = (known.failure?.count ?? 0) + 1
    const pause = Math.min(deps.config.githubPollSeconds * 1000 * 2 ** count, LONGEST_PAUSE_MS)
    known.failure = { count, until: performance.now() + pause }
    if (count === 1) deps.log.warn({ repository: url }, `could not ask for pushes: ${toAppError(error).message}`)
  }

  function forgetAllBut(deployments: Deployment[]): void {
    const urls = new Set(deployments.map((it) => it.githubUrl))
    for (const url of repositories.keys()) if (!urls.has(url)) repositories.delete(url)
  }

  return async (signal) => {
    const isThorough = round++ % ALSO_ACTIVE === 0
    const deployments = await listDeployments(deps.db).catch((error: unknown) => {
      deps.log.error({ err: error }, 'the deployments to ask for could not be read')
    })
    if (!deployments) return
    forgetAllBut(deployments)
    const apps = deployments.filter((it) => isPolled(it) && (isThorough || it.webhook?.state !== 'active'))
    for (const [url, group] of Map.groupBy(apps, (it) => it.githubUrl)) {
      if (!signal.aborted) await ask(url, group, signal)
    }
  }
}

/** Whether the branch of a deployment is asked for, where Slipway asks for pushes at all. */
export const isPolled = ({ delivery, previewOf, stopped, status }: Deployment) =>
  delivery.autoDeploy && previewOf === null && !stopped && status !== 'deleting'
