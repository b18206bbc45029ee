import { cacheOf } from '../cache-name.ts'
import { type Deployment, listDeployments } from '../db/deployments.ts'
import { listReleases, listSteps, type Release } from '../db/releases.ts'
import type { Deps } from '../deps.ts'

/** The engine's times are rounded differently from ours. */
const CLOCK_MS = 5

/**
 * What a deployment's builds left in the engine's cache goes with it: the sources that were sent there, layers, and the
 * packages that were downloaded, unless another app is made from the same repository. As long as it lives they stay: the
 * next build is fast by them. A cache that cannot be cleared holds nobody up, for `keepBuildCacheWithin` gets it later.
 */
export async function clearBuildCache(deps: Deps, deployment: Deployment): Promise<void> {
  const releases = await listReleases(deps.db, deployment.id)
  if (releases.length === 0) return
  const others = (await listDeployments(deps.db)).filter((it) => it.id !== deployment.id)
  const shared = new Set(others.map((it) => cacheOf(it, it.pullRequest)))
  const own = new Set(releases.map((it) => cacheOf(it.inputs, deployment.pullRequest)))
  const windows = await Promise.all(releases.map((it) => windowOf(deps, it)))
  await deps.docker
    .pruneBuildCache({ windows: windows.filter((it) => it !== undefined), mounts: [...own.difference(shared)] })
    .catch((error: unknown) => deps.log.warn({ err: error }, 'the build cache could not be cleared'))
}

/** When the release was built. */
async function windowOf({ config, db }: Deps, { deploymentId, number }: Release) {
  const step = (await listSteps(db, deploymentId, number)).find((it) => it.name === 'build-image')
  if (!step) return undefined
  const limit = Date.parse(step.startedAt) + config.buildTimeoutSeconds * 1000
  const ended = step.endedAt === null ? Math.min(Date.now(), limit) : Date.parse(step.endedAt)
  return { from: Date.parse(step.startedAt) - CLOCK_MS, to: ended + CLOCK_MS }
}
