import { findDeployment } from '../db/deployments.ts'
import { listReleases, type Release, updateRelease } from '../db/releases.ts'
import type { ReleaseStatus } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { createContext } from './context.ts'
import { pipeline } from './pipeline.ts'
import { revertAll } from './run.ts'
import { listStandingJobs } from './schedules/job-container.ts'

/** So many replaced releases may still run because newer ones did not wait for their last requests. */
const MOST_WAITING = 2

/** What waits for a job that only waits for last requests. */
export type Hurry = {
  /** A newer deploy: it is let through where not too many old releases wait already. */
  byDeploy: AbortSignal
  /** Anything else that is to be done to the deployment, such as deleting it, or the server stops. */
  byOther: AbortSignal
}

/**
 * Takes down the releases that have been replaced, once nginx has let go of their last requests, and removes the images
 * of those that are too old to roll back to, or of a subdomain that was given up: images are named after it, and the
 * next app of that name makes its own. The live release is not touched.
 * With `hurry` the waiting ends when one of its signals fires: the releases stay as they are, for the next deploy or the reconciler.
 * @throws StepError; the release stays `retiring` and is tried again by the reconciler.
 */
export async function retireOthers(deps: Deps, deploymentId: string, hurry?: Hurry): Promise<void> {
  const retiring = (await listReleases(deps.db, deploymentId)).filter((release) => release.status === 'retiring')
  if (!(await takeDrained(deps, retiring, hurry && signalOf(hurry, retiring.length)))) return

  // As they are after the waiting: a rollback may have been asked for meanwhile.
  const releases = await listReleases(deps.db, deploymentId)
  const keepReleases = (await findDeployment(deps.db, deploymentId))?.delivery.keepReleases ?? 0
  const name = releases.find((release) => release.status === 'live')?.subdomain
  const retired = releases.filter((release) => release.status === 'retired')
  const moved = retired.filter((release) => release.subdomain !== name)
  const tooOld = retired.filter((release) => release.subdomain === name).slice(keepReleases)
  // A job that still runs in one has until its end, a rollback until its own image is there: then this is asked for again.
  const inUse = new Set((await listStandingJobs(deps.db, deploymentId)).map((it) => it.release))
  for (const { status, imageFrom } of releases) if (imageFrom !== null && isOnItsWay(status)) inUse.add(imageFrom)
  for (const release of [...moved, ...tooOld]) {
    if (!inUse.has(release.number)) await take(deps, release, 'pruned')
  }
}

const isOnItsWay = (status: ReleaseStatus) => status === 'queued' || status === 'running'

const signalOf = ({ byDeploy, byOther }: Hurry, waiting: number) =>
  waiting > MOST_WAITING ? byOther : AbortSignal.any([byDeploy, byOther])

/** False when something else is waited for sooner. Other apps may have begun to drain in between, so each step waits, too. */
async function takeDrained(deps: Deps, retiring: Release[], signal: AbortSignal | undefined): Promise<boolean> {
  if (retiring.length === 0) return true
  if (!(await areDrained(deps, signal))) return false
  try {
    for (const release of retiring) await take(deps, release, 'retired', signal)
    return true
  } catch (error) {
    if (!signal?.aborted) throw error
    return false
  }
}

/** Waits for the last requests of what was replaced. False when something else is waited for sooner. */
export async function areDrained({ nginx }: Deps, hurry: AbortSignal | undefined): Promise<boolean> {
  try {
    await nginx.drained(hurry)
    return true
  } catch (error) {
    if (!hurry?.aborted) throw error
    return false
  }
}

async function take(deps: Deps, release: Release, to: 'retired' | 'pruned', signal?: AbortSignal): Promise<void> {
  const ctx = await createContext(deps, release.deploymentId, release.number, signal && { signal })
  await revertAll(pipeline, ctx, to)
  await updateRelease(deps.db, release, { status: to })
}
