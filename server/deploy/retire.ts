import { findDeployment } from '../db/deployments.ts'
import { listReleases, type Release, updateRelease } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { createContext } from './context.ts'
import { pipeline } from './pipeline.ts'
import { revertAll } from './run.ts'

/**
 * Takes down the releases that have been replaced, once nginx has let go of their last requests, and removes the images
 * of those that are too old to roll back to, or of a subdomain that was given up: images are named after it, and the
 * next app of that name makes its own. The live release is not touched.
 * @throws StepError; the release stays `retiring` and is tried again by the reconciler.
 */
export async function retireOthers(deps: Deps, deploymentId: string): Promise<void> {
  const releases = await listReleases(deps.db, deploymentId)
  const retiring = releases.filter((release) => release.status === 'retiring')
  if (retiring.length > 0) await deps.nginx.drained()
  for (const release of retiring) await take(deps, release, 'retired')

  const keepReleases = (await findDeployment(deps.db, deploymentId))?.delivery.keepReleases ?? 0
  const name = releases.find((release) => release.status === 'live')?.subdomain
  const retired = releases.filter((release) => release.status === 'retired' || retiring.includes(release))
  const moved = retired.filter((release) => release.subdomain !== name)
  const tooOld = retired.filter((release) => release.subdomain === name).slice(keepReleases)
  for (const release of [...moved, ...tooOld]) await take(deps, release, 'pruned')
}

async function take(deps: Deps, release: Release, to: 'retired' | 'pruned'): Promise<void> {
  await revertAll(pipeline, await createContext(deps, release.deploymentId, release.number), to)
  await updateRelease(deps.db, release, { status: to })
}
