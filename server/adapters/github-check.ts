import type { Check, Try } from './check.ts'
import { type Answer, type Ask, GithubFailure, refusal } from './github-api.ts'

const DAY_MS = 24 * 60 * 60_000
const SOON_DAYS = 14
/** A commit that no repository has: a status for it asks for the permission and sets none. */
const NO_COMMIT = '0'.repeat(40)

/** @throws GithubFailure when the answer is no user */
export function describeUser(answer: Answer): string {
  const { login } = (answer.body ?? {}) as { login?: unknown }
  if (answer.status === 200 && typeof login === 'string') return `The token is valid, and belongs to ${login}.`
  throw refusal('GET /user', answer)
}

/** Until when the token is valid. @throws GithubFailure in its last 14 days */
export function describeEnd(headers: Headers, now: number): string {
  const header = headers.get('github-authentication-token-expiration')
  if (header === null) return 'The token does not end.'
  const end = parseEnd(header)
  if (Number.isNaN(end)) return `The token ends: ${header}.`
  const day = new Date(end).toISOString().slice(0, 10)
  const days = Math.floor((end - now) / DAY_MS)
  if (days >= SOON_DAYS) return `The token is valid until ${day}.`
  throw new GithubFailure(
    `The token ends in ${days} ${days === 1 ? 'day' : 'days'}, on ${day}. Make a new one and set SLIPWAY_GITHUB_TOKEN to it, then restart Slipway.`,
  )
}

/** `2027-03-31 00:00:00 UTC`, or with an offset such as `+0900` in place of UTC. */
function parseEnd(header: string): number {
  const [, day, time, zone = ''] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d{4})$/.exec(header) ?? []
  return Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`)
}

/** A classic token. `repo` covers private repositories and commit statuses. @throws GithubFailure without it */
export function checkScopes(headers: Headers): string {
  const scopes = (headers.get('x-oauth-scopes') ?? '').split(',').map((scope) => scope.trim())
  if (scopes.includes('repo')) return 'The token may read private repositories and set commit statuses.'
  const has = scopes.filter(Boolean).join(', ') || 'no scope'
  throw new GithubFailure(
    `The token has ${has}, and not the scope “repo”, which private repositories and commit statuses need. Tick it in GitHub's settings of the token.`,
  )
}

type Repository = { full_name: string; archived?: boolean; permissions?: { push?: boolean } }

/**
 * A fine-grained token, of which GitHub does not tell what it may do: it is tried on a private repository that the token
 * sees. Changes nothing.
 */
export async function checkPermissions(ask: Ask, attempt: Try, signal?: AbortSignal): Promise<Check[]> {
  let repositories: Repository[] = []
  const access = await attempt('Repository access', [], async () => {
    repositories = await listPrivate(ask, signal)
    return `The token sees private repositories, such as ${repositories[0]?.full_name}.`
  })
  const contents = await attempt('Contents → Read-only', [access], async () => {
    const { full_name: name } = repositories[0] as Repository
    permit('Contents', 'Read-only', await ask('GET', `/repos/${name}/commits?per_page=1`, signal))
    return 'The token may read what is in the repositories.'
  })
  const statuses = await attempt('Commit statuses → Read and write', [access], async () => {
    const writable = repositories.find((it) => !it.archived && it.permissions?.push)
    if (!writable) return 'It could not be tried: there is no private repository that you may write to.'
    const status = { state: 'pending', context: 'slipway-permission-check' }
    const answer = await ask('POST', `/repos/${writable.full_name}/statuses/${NO_COMMIT}`, signal, status)
    permit('Commit statuses', 'Read and write', answer)
    return 'The token may set commit statuses.'
  })
  return [access, contents, statuses]
}

async function listPrivate(ask: Ask, signal?: AbortSignal): Promise<Repository[]> {
  const answer = await ask('GET', '/user/repos?visibility=private&per_page=30', signal)
  if (answer.status !== 200 || !Array.isArray(answer.body)) throw refusal('GET /user/repos', answer)
  const named = answer.body.filter((it) => /^[\w.-]+\/[\w.-]+$/.test(it?.full_name))
  if (named.length > 0) return named
  throw new GithubFailure(
    'The token sees no private repository. Under “Repository access” choose all repositories, or those that Slipway is to deploy, and give it the permissions Contents → Read-only and Commit statuses → Read and write.',
  )
}

/** 409 is an empty repository, 422 a commit that is not there: the request itself was permitted. */
function permit(permission: string, level: string, answer: Answer): void {
  if (answer.status < 300 || answer.status === 409 || answer.status === 422) return
  const { status } = answer
  if (status !== 403 && status !== 404) throw refusal(permission, answer)
  if (answer.headers.get('x-ratelimit-remaining') === '0') throw refusal(permission, answer)
  throw new GithubFailure(
    `The token lacks the permission ${permission} → ${level}. Give it in GitHub's settings of the token, under “Repository permissions”.`,
  )
}
