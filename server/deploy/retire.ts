import { listReleases, type Release, updateRelease } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { createContext } from './context.ts'
import { pipeline } from './pipeline.ts'
import { revertAll } from './run.ts'

/** So many retired releases keep their image, for rollback. */
export const KEPT_RELEASES = 5

/**
 * Takes down the releases that have been replaced, once nginx has let go of their last requests, and removes the images
 * of those that are too old to roll back to. The live release is not touched.
 * @throws StepError; the release stays `retiring` and is tried again by the reconciler.
 */
export async function retireOthers(deps: Deps, deploymentId: string): Promise<void> {
  const releases = await listReleases(deps.db, deploymentId)
  const retiring = releases.filter((release) => release.status === 'retiring')
  if (retiring.length > 0) await deps.nginx.drained()
  for (const release of retiring) await take(deps, release, 'retired')

  const retired = [...retiring, ...releases.filter((release) => release.status === 'retired')]
  const tooOld = retired.sort((a, b) => b.number - a.number).slice(KEPT_RELEASES)
  for (const release of tooOld) await take(deps, release, 'pruned')
}

async function take(deps: Deps, release: Release, to: 'retired' | 'pruned'): Promise<void> {
  await revertAll(pipeline, await createContext(deps, release.deploymentId, release.number), to)
  await updateRelease(deps.db, release, { status: to })
}
