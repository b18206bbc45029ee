import type { ReleaseView } from '../../../server/http/views.ts'
import type { EntryState } from './ledger.ts'
import type { EarlyEnd } from './steps.ts'

type Status = ReleaseView['status']

const words: Record<Status, EntryState> = {
  queued: { tone: 'warn', word: 'waits for its turn' },
  running: { tone: 'warn', word: 'on its way' },
  live: { tone: 'ok', word: 'live' },
  retiring: { tone: 'warn', word: 'being taken down' },
  retired: { tone: 'none', word: 'was live' },
  pruned: { tone: 'none', word: 'was live' },
  undoing: { tone: 'bad', word: 'failed, being undone' },
  failed: { tone: 'bad', word: 'never went live' },
}

/** What ended a release and is no failure. */
const ends: Record<string, string> = {
  superseded: 'a newer one took its place',
  cancelled: 'was cancelled',
}

/** How a release stands, in words. What gave way to a newer push, or was called back, has not failed. */
export function releaseWords({ status, failure }: Ending): EntryState {
  if (status !== 'failed' && status !== 'undoing') return words[status]
  const end = failure === null ? undefined : ends[failure]
  return end === undefined ? words[status] : { tone: 'none', word: end }
}
type Ending = Pick<ReleaseView, 'status' | 'failure'>

/** Who or what asked for it; undefined where an older version did not note it. */
export function causeWords({ kind, by }: ReleaseView['cause']): string | undefined {
  switch (kind) {
    case 'push':
      return by === undefined ? 'pushed' : `pushed by ${by}`
    case 'poll':
      return by === undefined ? 'found by polling' : `pushed by ${by}, found by polling`
    case 'pull_request':
      return by === undefined ? 'pull request' : `pull request by ${by}`
    case 'restore':
      return 'brought back from a backup'
    default:
      return by === undefined ? undefined : `asked for by ${by}`
  }
}

/** Why nobody can roll back to it; undefined when one can (server/deploy/commands.ts has the last word). */
export function whyNoRollback(release: Ending): string | undefined {
  const { status } = release
  if (status === 'retired' || status === 'retiring') return undefined
  if (status === 'pruned') return 'Its image is gone: newer ones, or those of another subdomain, took its place.'
  if (status !== 'failed' && status !== 'undoing') return ''
  return releaseWords(release).tone === 'none' ? '' : 'It never went live, so there is nothing to go back to.'
}

/** The heading of a release’s steps: what has become of it. */
export function headline(release: number, status: Status, end: EarlyEnd, isStopped = false): string {
  if (end === 'superseded') return `Release ${release} gave way to a newer push`
  if (end === 'cancelled') return `Release ${release} ${status === 'undoing' ? 'is being cancelled' : 'was cancelled'}`
  switch (status) {
    case 'queued':
      return `Release ${release} waits for its turn`
    case 'running':
      return `Release ${release} is on its way`
    case 'live':
      return isStopped ? `Release ${release} is stopped` : `Release ${release} is live`
    case 'undoing':
      return `Release ${release} failed and is being undone`
    case 'failed':
      return `Release ${release} did not go live`
    case 'retiring':
      return `Release ${release} is being taken down`
    default:
      return `Release ${release} was live`
  }
}

/** How long its work took, in milliseconds; undefined while it is on its way. */
export const tookOf = ({ startedAt, endedAt }: ReleaseView) =>
  startedAt === null || endedAt === null ? undefined : Date.parse(endedAt) - Date.parse(startedAt)
