import { type Answer, GithubFailure } from './github-api.ts'

/** A repository at GitHub, as its API names it. */
export type RepositoryName = { owner: string; name: string }

export const pathOf = ({ owner, name }: RepositoryName) => `/repos/${owner}/${name}`

/** What was asked for, as it stands in a sentence after “may not”, and what GitHub's settings call the right to it. */
export type Right = { what: string; permission: string }

/** GitHub wants fewer requests: those of the hour are used up, or too many came at once. */
const wantsPause = ({ status, headers }: Answer) =>
  status === 429 || (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')))

/** Whoever asks may not. GitHub says 404 of what one may not know of. */
export const isForbidden = (answer: Answer) => (answer.status === 403 && !wantsPause(answer)) || answer.status === 404

/**
 * The answer, when GitHub did what it was asked for.
 * @throws GithubFailure: github_denied with the permission that is missing; github_unavailable when GitHub fails or wants
 * a pause
 */
export function expectDone(answer: Answer, repository: RepositoryName, { what, permission }: Right): Answer {
  if (answer.status < 300 || answer.status === 304) return answer
  const name = `${repository.owner}/${repository.name}`
  if (!isForbidden(answer)) throw refusal(`the wish to ${what} of ${name}`, answer)
  throw new GithubFailure(
    `What speaks for ${name} at GitHub may not ${what}. Give it the permission ${permission}; a classic token needs the scope “repo”.`,
    undefined,
    'github_denied',
  )
}

/** The body of an answer that has the status one wants. @throws GithubFailure */
export function bodyOf<T>(what: string, answer: Answer, status = 200): T {
  if (answer.status !== status || answer.body === null) throw refusal(what, answer)
  return answer.body as T
}

/** GitHub's own words, where nothing better is known. */
export function refusal(what: string, answer: Answer): GithubFailure {
  if (wantsPause(answer))
    return new GithubFailure('GitHub wants a pause: the requests that it allows are used up. Try again later.')
  const code = answer.status >= 500 ? 'github_unavailable' : 'github_denied'
  return new GithubFailure(`GitHub answered ${what} with ${answer.status}: ${saidIn(answer)}.`, undefined, code)
}

/** GitHub's own words, of which nobody knows how many they are. */
const saidIn = ({ body }: Answer) =>
  String((body as { message?: unknown } | null)?.message ?? 'no reason given').slice(0, 200)

/** An object of an answer; anything else is one without keys. */
export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

export const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(objectOf) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
