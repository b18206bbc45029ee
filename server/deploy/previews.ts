import { randomUUID } from 'node:crypto'
import {
  type Deployment,
  defaultDelivery,
  findBySubdomain,
  findDeployment,
  insertDeployment,
  listPreviews,
  type PullRequest,
  updateDeployment,
} from '../db/deployments.ts'
import { listReleases } from '../db/releases.ts'
import type { Db } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { isReservedSubdomain } from '../names.ts'
import { previewSubdomain } from '../preview-name.ts'
import { parseRepository } from '../repository.ts'
import { deleteApp } from './commands.ts'
import { sealEnv } from './context.ts'
import { beginOrHold, isGoing } from './previews/begin.ts'
import { tellRefusal } from './previews/comments.ts'
import { hasUnseen } from './previews/hold.ts'
import type { PullRequestEvent } from './previews/pull-request.ts'
import { copySettings, expiryOf, previewEnv } from './previews/settings.ts'
import type { Queue } from './queue.ts'
import { readRestored, WHY } from './restored.ts'
import { announce } from './status.ts'

export { type PullRequestEvent, readPullRequestEvent } from './previews/pull-request.ts'

/** What came of it, in words for whoever reads the list of deliveries. */
type Outcome = { outcome: string; deployed: boolean }
const nothing = (outcome: string): Outcome => ({ outcome, deployed: false })

/** So many pull requests of an app may wait: anybody can open one. */
const MOST_WAITING = 50

/**
 * Makes, renews or removes the preview of a pull request, as GitHub tells of it. The same event twice changes nothing;
 * one that comes late makes nothing older than what is there.
 */
export async function onPullRequest(
  deps: Deps,
  queue: Queue,
  app: Deployment,
  { action, base, pullRequest }: PullRequestEvent,
): Promise<Outcome> {
  const { owner, name } = parseRepository(app.githubUrl, deps.config.githubUrl)
  if (base.toLowerCase() !== `${owner}/${name}`.toLowerCase()) return nothing(`This is not about ${owner}/${name}.`)
  const preview = await findPreview(deps, app, pullRequest.number)
  if (action === 'closed') return preview ? closePreview(deps, queue, preview) : nothing('There is no preview of it.')
  if (action === 'edited') return preview ? rename(deps, preview, pullRequest) : nothing('There is no preview of it.')
  if (!['opened', 'reopened', 'synchronize'].includes(action))
    return nothing(`A preview does nothing about “${action}”.`)
  const reason = whyNone(app, pullRequest)
  if (reason !== undefined) return nothing(reason)
  return preview ? renew(deps, queue, app, preview, pullRequest) : open(deps, queue, app, pullRequest)
}

export async function findPreview({ db }: Deps, app: Deployment, number: number): Promise<Deployment | undefined> {
  return (await listPreviews(db, app.id)).find((it) => it.pullRequest?.number === number)
}

function whyNone({ previewOf, delivery: { previews } }: Deployment, { isFork }: PullRequest): string | undefined {
  if (previewOf !== null) return 'A preview has no previews.'
  if (!previews.isEnabled) return 'Previews are off.'
  return isFork && !previews.forks ? 'Previews of forks are off.' : undefined
}

async function open(deps: Deps, queue: Queue, app: Deployment, pullRequest: PullRequest): Promise<Outcome> {
  const id = randomUUID()
  try {
    const held = await deps.db.transaction().execute(async (db) => {
      await refuseOpening(db, app, pullRequest)
      const env = sealEnv(deps, id, previewEnv(deps, app, pullRequest))
      await insertDeployment(db, { ...firstSettings(deps, app, pullRequest), id, env })
      return beginOrHold(deps, db, id)
    })
    await announce(deps, id)
    queue.kick()
    return held ? nothing(held.message) : { outcome: 'A preview is made.', deployed: true }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // Told of twice at once, by GitHub and by the round that asks it: the other was faster.
    const there = await findPreview(deps, app, pullRequest.number)
    if (there) return renew(deps, queue, app, there, pullRequest)
    tellRefusal(deps, app, pullRequest, error)
    return nothing(error.message)
  }
}

/** Nothing of a preview happens by itself: what is pushed comes through its pull request. */
const firstSettings = (deps: Deps, app: Deployment, pullRequest: PullRequest) => ({
  ...copySettings(deps, app, pullRequest),
  name: `${app.name} #${pullRequest.number}`,
  branch: null,
  subdomain: previewSubdomain(app.subdomain, pullRequest.number),
  delivery: { ...defaultDelivery, autoDeploy: false, keepReleases: 0 },
  previewOf: app.id,
  pullRequest,
  expiresAt: expiryOf(app),
})

/** @throws not_possible_now, subdomain_taken, subdomain_reserved, preview_limit */
async function refuseOpening(db: Db, app: Deployment, pullRequest: PullRequest): Promise<void> {
  const current = await findDeployment(db, app.id)
  if (!current || (await isGoing(db, app.id))) throw new AppError('not_possible_now', `${app.name} is being deleted.`)
  // They may have been switched off, and all removed, since the event was read.
  const reason = whyNone(current, pullRequest)
  if (reason !== undefined) throw new AppError('not_possible_now', reason)
  const subdomain = previewSubdomain(app.subdomain, pullRequest.number)
  // Not whose it is: everybody reads that on the pull request.
  if (await findBySubdomain(db, subdomain))
    throw new AppError('subdomain_taken', `The preview would be at ${subdomain}, which another app has.`)
  if (isReservedSubdomain(subdomain))
    throw new AppError('subdomain_reserved', `The preview would be at ${subdomain}, which is reserved.`)
  const previews = await listPreviews(db, app.id)
  if (previews.length < app.delivery.previews.most + MOST_WAITING) return
  throw new AppError('preview_limit', `${MOST_WAITING} pull requests wait for a preview already. Push again later.`)
}

async function renew(
  deps: Deps,
  queue: Queue,
  app: Deployment,
  preview: Deployment,
  told: PullRequest,
): Promise<Outcome> {
  const outcome = await deps.db.transaction().execute(async (db) => {
    const current = await findDeployment(db, preview.id)
    if (!current?.pullRequest || (await isGoing(db, preview.id))) return nothing('The preview is being removed.')
    const isNew = current.pullRequest.sha !== told.sha
    const begun = (await listReleases(db, preview.id)).length > 0
    if (!isNew && begun) return nothing('The preview has this commit already.')
    const pullRequest = { ...current.pullRequest, ...told }
    await updateDeployment(db, preview.id, { pullRequest, ...(isNew && { expiresAt: expiryOf(app) }) })
    // What runs of a fork is what was approved: it goes on, and the new commit waits.
    if (begun && hasUnseen(pullRequest))
      return nothing(`Commit ${told.sha.slice(0, 7)} of the fork waits for an approval.`)
    const held = await beginOrHold(deps, db, preview.id)
    return held ? nothing(held.message) : { outcome: 'The preview is made anew.', deployed: true }
  })
  await announce(deps, preview.id)
  queue.kick()
  return outcome
}

async function rename(deps: Deps, preview: Deployment, { title }: PullRequest): Promise<Outcome> {
  await deps.db.transaction().execute(async (db) => {
    const current = (await findDeployment(db, preview.id))?.pullRequest
    if (current) await updateDeployment(db, preview.id, { pullRequest: { ...current, title } })
  })
  await announce(deps, preview.id)
  return nothing('The title is noted.')
}

/** Removes a preview with its volumes: what it stored was for looking at. */
export async function closePreview(deps: Deps, queue: Queue, preview: Deployment): Promise<Outcome> {
  if (await readRestored(deps.db)) return nothing(WHY)
  await deleteApp(deps, queue, preview, { keepVolumes: false })
  return nothing('The preview is removed.')
}

/** Removes all previews of an app. */
export async function closePreviews(deps: Deps, queue: Queue, app: Deployment): Promise<void> {
  for (const preview of await listPreviews(deps.db, app.id)) await closePreview(deps, queue, preview)
}
