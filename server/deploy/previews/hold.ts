import type { Deployment, PullRequest } from '../../db/deployments.ts'
import { listBegun } from '../../db/previews.ts'
import type { Db } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'

export const approvalNeeded = ({ number, sha }: Pick<PullRequest, 'number' | 'sha'>) =>
  new AppError(
    'approval_needed',
    `Pull request ${number} comes from a fork. Look at commit ${sha.slice(0, 7)}, then approve it; until then nothing of it runs here.`,
  )

const limitReached = (most: number) =>
  new AppError(
    'preview_limit',
    `This app may have ${most} ${most === 1 ? 'preview' : 'previews'} at once. This one begins when another ends; or raise the limit in the settings of the app.`,
  )

/** Why a preview may not begin, as the reason that its row and its pull request are told; undefined when it may. */
export async function whyHeld(db: Db, app: Deployment, preview: Deployment): Promise<AppError | undefined> {
  const { pullRequest } = preview
  if (pullRequest?.isFork && pullRequest.approvedSha === undefined) return approvalNeeded(pullRequest)
  const { most } = app.delivery.previews
  const begun = await listBegun(db, app.id)
  return begun.includes(preview.id) || begun.length < most ? undefined : limitReached(most)
}

/** Whether an error of `whyHeld` is what keeps a preview from beginning. */
export const isHeld = ({ error }: Pick<Deployment, 'error'>) =>
  error?.code === 'approval_needed' || error?.code === 'preview_limit'

/** Whether a fork was pushed to since somebody looked at it. */
export const hasUnseen = ({ isFork, sha, approvedSha }: PullRequest) => isFork && sha !== approvedSha
