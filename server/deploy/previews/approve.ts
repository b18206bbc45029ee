import { type Deployment, findDeployment, updateDeployment } from '../../db/deployments.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { Queue } from '../queue.ts'
import { announce } from '../status.ts'
import { beginOrHold, isGoing } from './begin.ts'
import { expiryOf } from './settings.ts'

/**
 * Lets one commit of a fork run here. It has to be the newest that is known, which is what was looked at.
 * @throws not_possible_now
 */
export async function approve(deps: Deps, queue: Queue, preview: Deployment, sha: string): Promise<void> {
  await deps.db.transaction().execute(async (db) => {
    const current = await findDeployment(db, preview.id)
    const app = current?.previewOf ? await findDeployment(db, current.previewOf) : undefined
    if (!current?.pullRequest?.isFork || !app)
      throw new AppError('not_possible_now', 'This is no preview of a fork, so there is nothing to approve.')
    if (!app.delivery.previews.isEnabled || !app.delivery.previews.forks)
      throw new AppError('not_possible_now', `Previews of forks are off for ${app.name}. Allow them first.`)
    if (await isGoing(db, preview.id)) throw new AppError('not_possible_now', 'This preview is being removed.')
    if (sha !== current.pullRequest.sha)
      throw new AppError(
        'not_possible_now',
        `The pull request is at ${current.pullRequest.sha.slice(0, 7)} by now. Look at that commit, then approve it.`,
        { field: 'sha' },
      )
    if (current.pullRequest.approvedSha === sha) return
    await updateDeployment(db, preview.id, {
      pullRequest: { ...current.pullRequest, approvedSha: sha },
      expiresAt: expiryOf(app),
    })
    await beginOrHold(deps, db, preview.id)
  })
  await announce(deps, preview.id)
  queue.kick()
}
