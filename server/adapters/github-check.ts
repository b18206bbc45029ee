import type { Check, Try } from './check.ts'
import { isForbidden, refusal } from './github-answer.ts'
import { type Answer, type Ask, GithubFailure } from './github-api.ts'
import { nameOf, PERMISSIONS, type Permission } from './github-permissions.ts'

const DAY_MS = 24 * 60 * 60_000
const SOON_DAYS = 14

/** @throws GithubFailure when the answer is no user */
export function describeUser(answer: Answer): string {
  const { login } = (answer.body ?? {}) as { login?: unknown }
  if (answer.status === 200 && typeof login === 'string') return `The token is valid, and belongs to ${login}.`
  throw refusal('GET /user', answer)
}

/** Until when the token is valid. `renew` says how to give a new one. @throws GithubFailure in its last 14 days */
export function describeEnd(headers: Headers, now: number, renew: string): string {
  const header = headers.get('github-authentication-token-expiration')
  if (header === null) return 'The token does not end.'
  const end = parseEnd(header)
  if (Number.isNaN(end)) return `The token ends: ${header}.`
  const day = new Date(end).toISOString().slice(0, 10)
  const days = Math.floor((end - now) / DAY_MS)
  if (days >= SOON_DAYS) return `The token is valid until ${day}.`
  throw new GithubFailure(`The token ends in ${days} ${days === 1 ? 'day' : 'days'}, on ${day}. ${renew}`)
}

/** `2027-03-31 00:00:00 UTC`, or with an offset such as `+0900` in place of UTC. */
function parseEnd(header: string): number {
  const [, day, time, zone = ''] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d{4})$/.exec(header) ?? []
  return Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3)}`}`)
}

/** A classic token. `repo` covers everything that Slipway does at a repository. @throws GithubFailure without it */
export function checkScopes(headers: Headers): string {
  const scopes = (headers.get('x-oauth-scopes') ?? '').split(',').map((scope) => scope.trim())
  if (scopes.includes('repo'))
    return 'The token may read private repositories, set commit statuses, and manage webhooks and deploy keys.'
  const has = scopes.filter(Boolean).join(', ') || 'no scope'
  throw new GithubFailure(
    `The token has ${has}, and not the scope “repo”, which private repositories, commit statuses and webhooks need. Tick it in GitHub's settings of the token.`,
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
  const tried = PERMISSIONS.map((permission) =>
    attempt(nameOf(permission), [access], () => probe(permission, ask, repositories, signal)),
  )
  return [access, ...(await Promise.all(tried))]
}

async function probe(permission: Permission, ask: Ask, found: Repository[], signal?: AbortSignal): Promise<string> {
  const reads = permission.level === 'Read-only'
  const repository = reads ? found[0] : found.find((it) => !it.archived && it.permissions?.push)
  if (!repository) return 'It could not be tried: there is no private repository that you may write to.'
  const answer = await permission.probe(ask, repository.full_name, signal)
  if (isPermitted(permission, answer)) return `The token may, as tried on ${repository.full_name}.`
  const lacking = `The token lacks the permission ${nameOf(permission)}. ${permission.without}`
  if (permission.isOptional) return lacking
  throw new GithubFailure(`${lacking} Give it in GitHub's settings of the token, under “Repository permissions”.`)
}

async function listPrivate(ask: Ask, signal?: AbortSignal): Promise<Repository[]> {
  const answer = await ask('GET', '/user/repos?visibility=private&per_page=30', signal)
  if (answer.status !== 200 || !Array.isArray(answer.body)) throw refusal('GET /user/repos', answer)
  const named = answer.body.filter((it) => /^[\w.-]+\/[\w.-]+$/.test(it?.full_name))
  if (named.length > 0) return named
  throw new GithubFailure(
    `The token sees no private repository. Under “Repository access” choose all repositories, or those that Slipway is to deploy, and give it the permissions ${PERMISSIONS.filter(
      (it) => !it.isOptional,
    )
      .map(nameOf)
      .join(', ')}.`,
  )
}

/** 409 is an empty repository, 422 something that is not there: the request itself was permitted. */
function isPermitted(permission: Permission, answer: Answer): boolean {
  const { status } = answer
  if (status < 300 || status === 409 || status === 422) return true
  if (!isForbidden(answer)) throw refusal(nameOf(permission), answer)
  return false
}
