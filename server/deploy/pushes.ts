import { lastPushAt, type Outcome } from '../db/deliveries.ts'
import type { Deployment } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { deployNewest } from './deploy-newest.ts'
import type { Queue } from './queue.ts'
import type { Push } from './read-push.ts'
import { isSkipped } from './skip-marks.ts'
import { isWatched } from './watch-paths.ts'

/**
 * Deploys what was pushed, where the app wants it. A deploy always takes the branch's newest commit, so a delivery that
 * comes late changes nothing. Asks nobody outside: GitHub waits for the answer.
 */
export async function onPush(deps: Deps, queue: Queue, deployment: Deployment, push: Push): Promise<Outcome> {
  const last = push.pushedAt === null ? null : await lastPushAt(deps.db, deployment.id, push.ref)
  const isLate = last !== null && push.pushedAt !== null && push.pushedAt < last
  const reason = whyNot(deployment, push) ?? (isLate ? 'A newer push was heard of already.' : undefined)
  if (reason !== undefined) return { deployed: false, reason }
  return await deployNewest(deps, queue, deployment, { kind: 'push', by: push.by, sha: push.sha })
}

/** Why the app does not want a push; undefined when it does. */
export function whyNot(deployment: Deployment, push: Push): string | undefined {
  const { delivery, branch, previewOf, stopped } = deployment
  const followed = branch ?? push.defaultBranch
  if (previewOf !== null) return 'A preview follows its pull request.'
  if (!delivery.autoDeploy) return 'Auto-deploy is off.'
  if (push.isDeleted) return 'The branch was deleted.'
  if (push.branch === null) return 'This is no branch that can be deployed.'
  if (push.branch !== followed) return `The app follows the branch ${followed}.`
  if (stopped) return 'The app is stopped.'
  if (isSkipped(push.message)) return 'The commit asks to be skipped.'
  if (push.files !== null && !isWatched(delivery.watchPaths, push.files)) return 'No watched path was changed.'
  return undefined
}
