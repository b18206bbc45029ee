import type { PullRequest } from '../../db/deployments.ts'

/** What GitHub tells of a pull request. */
export type PullRequestEvent = {
  /** `opened`, `reopened`, `synchronize`, `closed`, `edited`; others mean nothing here. */
  action: string
  /** The repository it is made to, as `owner/name`. */
  base: string
  pullRequest: PullRequest
}

type Json = Record<string, unknown>

const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
/** Without characters that a terminal or a page would obey. */
const asText = (value: unknown, most: number) =>
  typeof value === 'string' ? value.replace(/\p{C}/gu, ' ').slice(0, most) : ''

/**
 * A pull request as GitHub writes it, in a delivery as in the answers of its API. Undefined when it is none. One whose
 * repository is not known to be that of the base counts as a fork.
 */
export function readPullRequest(json: unknown): Omit<PullRequestEvent, 'action'> | undefined {
  const { number, title, html_url: url, user, head: headJson, base: baseJson } = asObject(json)
  const [head, base] = [asObject(headJson), asObject(baseJson)]
  const [from, to] = [asObject(head.repo).full_name, asObject(base.repo).full_name]
  if (!Number.isSafeInteger(number) || typeof number !== 'number' || number < 1) return undefined
  if (typeof head.sha !== 'string' || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(head.sha)) return undefined
  if (typeof to !== 'string') return undefined
  return {
    base: to,
    pullRequest: {
      number,
      title: asText(title, 200),
      author: asText(asObject(user).login, 100),
      branch: asText(head.ref, 250),
      sha: head.sha,
      isFork: typeof from !== 'string' || from.toLowerCase() !== to.toLowerCase(),
      url: typeof url === 'string' && /^https?:\/\/[^\s"'<>]+$/.test(url) ? url.slice(0, 500) : '',
    },
  }
}

/**
 * The body of a delivery of the event `pull_request`. Undefined when it is none. Whatever happens to one that is closed
 * is about that: nothing is made for it.
 */
export function readPullRequestEvent(body: unknown): PullRequestEvent | undefined {
  const { action, pull_request: pullRequest } = asObject(body)
  const read = readPullRequest(pullRequest)
  if (!read || typeof action !== 'string') return undefined
  return { action: asObject(pullRequest).state === 'closed' ? 'closed' : action, ...read }
}
