import type { Deployment, PullRequest } from '../../db/deployments.ts'
import type { ReleaseHead } from '../../db/releases.ts'
import { hasUnseen, isHeld } from './hold.ts'

/** What a comment says about a preview. */
export type Standing = {
  preview: Pick<Deployment, 'liveRelease' | 'error' | 'status'> & { pullRequest: PullRequest }
  /** Its releases, newest first: at least the newest and the live one. */
  releases: Pick<ReleaseHead, 'number' | 'status' | 'commit'>[]
  address: string | null
  /** Where its logs are, for those who may read them. */
  logs: string
}

const short = (sha: string) => `\`${sha.slice(0, 7)}\``

/** How a preview stands, in a few lines of Markdown. */
export function describePreview({ preview, releases, address, logs }: Standing): string {
  const { pullRequest, error } = preview
  if (isHeld(preview)) return `Not built yet. ${error?.message}`
  const live = releases.find((it) => it.number === preview.liveRelease)
  const newest = releases[0] !== live ? releases[0] : undefined
  const shows = live && `${address ?? 'Live'} shows commit ${short(live.commit?.sha ?? pullRequest.sha)}.`
  const unseen =
    hasUnseen(pullRequest) && `Commit ${short(pullRequest.sha)} of this fork waits until somebody approves it.`
  return [shows, newest && describeRelease(newest, preview, logs), unseen].filter(Boolean).join('\n\n')
}

/** Of a failure no more than what it was: who reads the pull request may not be who reads the log. */
function describeRelease(
  { number, status, commit }: Standing['releases'][number],
  { pullRequest: { sha, approvedSha }, error }: Standing['preview'],
  logs: string,
): string | undefined {
  const which = short(commit?.sha ?? approvedSha ?? sha)
  if (status === 'queued' || status === 'running') return `Commit ${which} is being built.`
  if (status !== 'failed' && status !== 'undoing') return undefined
  // Without a reason it is only put in order before it is built again, after a restart.
  if (error?.code === 'superseded' || (status === 'undoing' && error === null)) return undefined
  const reason = error ? `: \`${error.code}\`${error.step ? ` at ${error.step}` : ''}` : ''
  return `Commit ${which} did not go live${reason}. [Its log](${logs}?kind=build&release=${number}) says why.`
}

export const describeGone = (sha: string) => `The preview is gone, with all it had made. It last showed ${short(sha)}.`

export const describeRefusal = (reason: string) => `There is no preview: ${reason}`
