import type { Deployment } from '../db/deployments.ts'
import { findRelease, listReleaseHeads, type Release } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { openEnv } from './context.ts'
import { type Difference, differenceOf, isSame, type Version } from './difference.ts'

/**
 * What a rollback to a release would change: of what is live, or where nothing is, of the settings as they are.
 * @throws not_found
 */
export async function compareRelease(deps: Deps, deployment: Deployment, number: number): Promise<Difference> {
  const target = await findRelease(deps.db, deployment.id, number)
  if (!target) throw new AppError('not_found', `There is no release ${number}.`, { field: 'release' })
  const live = await liveOf(deps, deployment)
  return differenceOf(live ? ofRelease(deps, live) : ofSettings(deps, deployment), ofRelease(deps, target))
}

/**
 * What the next deploy would change besides the commit; null when nothing waits for it. A release that is on its way has
 * the settings of when it was asked for.
 */
export async function pendingChanges(deps: Deps, deployment: Deployment): Promise<Difference | null> {
  const heads = await listReleaseHeads(deps.db, deployment.id)
  const coming = heads.find((it) => it.status === 'queued' || it.status === 'running')
  const release = coming ? await findRelease(deps.db, deployment.id, coming.number) : await liveOf(deps, deployment)
  if (!release) return null
  const difference = differenceOf(ofRelease(deps, release), ofSettings(deps, deployment))
  return isSame(difference) ? null : difference
}

const liveOf = async ({ db }: Deps, { id, liveRelease }: Deployment) =>
  liveRelease === null ? undefined : findRelease(db, id, liveRelease)

const ofRelease = (deps: Deps, { deploymentId, subdomain, inputs, env, commit }: Release): Version => ({
  subdomain,
  inputs,
  env: openEnv(deps, deploymentId, env),
  commit,
})

function ofSettings(deps: Deps, deployment: Deployment): Version {
  const { id, subdomain, branch, rootDir, template, overrides, volumes, env } = deployment
  return { subdomain, inputs: { branch, rootDir, template, overrides, volumes }, env: openEnv(deps, id, env) }
}
