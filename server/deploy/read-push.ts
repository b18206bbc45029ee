import { AppError } from '../errors.ts'
import { isBranch } from '../repository.ts'

/** What GitHub tells of a push: https://docs.github.com/webhooks/webhook-events-and-payloads#push */
export type Push = {
  ref: string
  /** Null for a tag, and for a branch of a name that could not be deployed. */
  branch: string | null
  defaultBranch: string
  /** The newest commit. */
  sha: string
  /** Of the newest commit. */
  message: string
  isDeleted: boolean
  /** Every file that its commits touch; null where GitHub does not name them all. */
  files: string[] | null
  /** Seconds since 1970, by GitHub's clock. */
  pushedAt: number | null
  by: string
}

const SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/
/** GitHub names no more commits of one push, and no more files of one commit. */
const MOST_COMMITS = 2048
const MOST_FILES = 3000

type Payload = Record<string, unknown>
const object = (value: unknown): Payload => (typeof value === 'object' && value !== null ? (value as Payload) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** @throws invalid_input when it is not what GitHub sends */
export function readPush(payload: unknown): Push {
  const { ref, after, deleted, head_commit, repository, sender, pusher } = object(payload)
  const { default_branch, pushed_at } = object(repository)
  const [sha, name] = [text(after), /^refs\/heads\/(.+)$/s.exec(text(ref))?.[1] ?? '']
  if (!SHA.test(sha) || !text(ref).startsWith('refs/'))
    throw new AppError('invalid_input', 'This is not what GitHub tells of a push.')
  return {
    ref: text(ref).slice(0, 500),
    branch: isBranch(name) ? name : null,
    defaultBranch: text(default_branch),
    sha,
    message: text(object(head_commit).message),
    isDeleted: deleted === true,
    files: filesOf(object(payload)),
    pushedAt: typeof pushed_at === 'number' ? Math.floor(pushed_at) : null,
    by: (text(object(sender).login) || text(object(pusher).name)).slice(0, 100),
  }
}

/** Of a new branch the commits tell nothing about what it differs in, of a forced push not what went. */
function filesOf({ before, forced, commits }: Payload): string[] | null {
  if (forced === true || !SHA.test(text(before)) || /^0+$/.test(text(before))) return null
  if (!Array.isArray(commits) || commits.length === 0 || commits.length >= MOST_COMMITS) return null
  const files = commits.map((it) => ['added', 'removed', 'modified'].flatMap((kind) => namesIn(object(it)[kind])))
  return files.some((it) => it.length >= MOST_FILES) ? null : files.flat()
}

const namesIn = (value: unknown) => (Array.isArray(value) ? value.filter((it) => typeof it === 'string') : [])
