import { AppError } from '../errors.ts'
import type { Answer } from './github-api.ts'

/** A repository at GitHub, as its API names it. */
export type RepositoryName = { owner: string; name: string }

export const pathOf = ({ owner, name }: RepositoryName) => `/repos/${owner}/${name}`

/** What was asked for, as it stands in a sentence after “may not”, and what GitHub's settings call the right to it. */
export type Right = { what: string; permission: string }

/**
 * The answer, when GitHub did what it was asked for.
 * @throws github_denied with the permission that is missing; github_unavailable when GitHub fails or wants a pause
 */
export function expectDone(answer: Answer, repository: RepositoryName, { what, permission }: Right): Answer {
  const { status, headers } = answer
  if (status < 300 || status === 304) return answer
  const name = `${repository.owner}/${repository.name}`
  const isLimited = headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')
  if (status === 429 || (status === 403 && isLimited)) {
    throw new AppError(
      'github_unavailable',
      'GitHub wants a pause: the requests of this hour are used up. Wait a little.',
    )
  }
  if (status === 403 || status === 404) {
    throw new AppError(
      'github_denied',
      `What speaks for ${name} at GitHub may not ${what}. Give it the permission ${permission}; a classic token needs the scope “repo”.`,
    )
  }
  const code = status >= 500 ? 'github_unavailable' : 'github_denied'
  throw new AppError(
    code,
    `GitHub answered with ${status} when Slipway wanted to ${what} of ${name}: ${saidIn(answer)}.`,
  )
}

/** GitHub's own words, of which nobody knows how many they are. */
export const saidIn = ({ body }: Answer) =>
  String((body as { message?: unknown } | null)?.message ?? 'no reason given').slice(0, 200)

/** An object of an answer; anything else is one without keys. */
export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

export const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(objectOf) : [])

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
