import { compareCommits } from '../../adapters/github-commits.ts'
import type { Deployment } from '../../db/deployments.ts'
import { listReleases } from '../../db/releases.ts'
import type { Deps } from '../../deps.ts'
import { toAppError } from '../../errors.ts'
import { deployNewest } from '../deploy-newest.ts'
import type { Queue } from '../queue.ts'
import { isSkipped } from '../skip-marks.ts'
import { isWatched } from '../watch-paths.ts'
import type { Heads } from './heads.ts'

/** Deploys an app whose branch has a commit on top that was not seen before. */
export type Follow = (deployment: Deployment, heads: Heads) => Promise<void>

/**
 * Each commit is looked at once: one that fails to build is not built again every minute, and who rolled back stays
 * where they went. After a start, the newest release says what was seen last.
 */
export function createFollow(deps: Deps, queue: Queue): Follow {
  const seen = new Map<string, string>()

  return async (deployment, heads) => {
    const { id, branch } = deployment
    const tip = heads.tips.get(branch)
    const key = JSON.stringify([id, branch])
    if (!tip || seen.get(key) === tip.sha) return
    const before = await lastOf(deps, deployment)
    if (before === 'not known yet') return
    const base = seen.get(key) ?? before
    const isNew = base !== undefined && before !== tip.sha && !isSkipped(tip.message ?? '')
    if (isNew && (await changesWatched(deps, deployment, heads, base, tip.sha))) {
      const { deployed, reason } = await deployNewest(deps, queue, deployment, { kind: 'poll', sha: tip.sha })
      deps.log.info({ deployment: id, sha: tip.sha, deployed }, `a push was found: ${reason}`)
    }
    // Not before: what could not be deployed, such as for a full disk, is found again in the next round.
    seen.set(key, tip.sha)
  }
}

/**
 * The commit of the newest release that was made from the branch itself. Not known yet while that is being cloned;
 * undefined where there was none of this branch.
 */
async function lastOf({ db }: Deps, { id, branch }: Deployment): Promise<string | undefined> {
  const made = (await listReleases(db, id)).filter((it) => it.imageFrom === null && it.inputs.branch === branch)
  const [newest] = made
  if (newest && !newest.commit && (newest.status === 'queued' || newest.status === 'running')) return 'not known yet'
  const sha = (release: (typeof made)[number]) => release.commit?.sha ?? release.cause.sha
  return made.map(sha).find((it) => it !== undefined)
}

/** What cannot be compared may have changed anything. */
async function changesWatched(
  deps: Deps,
  { id, delivery }: Deployment,
  { api }: Heads,
  base: string,
  head: string,
): Promise<boolean> {
  if (delivery.watchPaths.length === 0 || api === undefined) return true
  const files = await compareCommits(api.ask, api.repository, base, head).catch((error: unknown) => {
    deps.log.info({ deployment: id, reason: toAppError(error).message }, 'two commits could not be compared')
    return undefined
  })
  return files === undefined || isWatched(delivery.watchPaths, files)
}
