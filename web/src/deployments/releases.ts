import type { ReleaseView } from '../../../server/http/views.ts'
import type { EntryState } from './ledger.ts'

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

/** How a release stands, in words. */
export const releaseWords = (status: Status): EntryState => words[status]

/** Why nobody can roll back to it; undefined when one can (server/deploy/commands.ts has the last word). */
export function whyNoRollback(status: Status): string | undefined {
  if (status === 'retired') return undefined
  if (status === 'pruned')
    return 'Its image is gone: only those of the last five that were live under the present subdomain are kept.'
  if (status === 'failed' || status === 'undoing') return 'It never went live, so there is nothing to go back to.'
  return ''
}

/** The heading of a release’s steps: what has become of it. */
export function headline(release: number, status: Status, isCancelled: boolean, isStopped = false): string {
  if (isCancelled) return `Release ${release} ${status === 'undoing' ? 'is being cancelled' : 'was cancelled'}`
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
