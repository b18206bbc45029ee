import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { GithubState } from './github-state.ts'

/** Who asks, as its Authorization header proves. */
export type Actor =
  | { kind: 'nobody' }
  | { kind: 'token' }
  | { kind: 'app' }
  | { kind: 'installation'; id: number; repositories: string[] }

export type GithubRequest = {
  method: string
  /** Without the prefix of an Enterprise Server. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** The body, parsed; null when there is none. */
  body: any
  actor: Actor
  /** What the groups of the route's path matched. */
  params: string[]
  /** `owner/name`, below /repos. */
  repository: string
}

export type Reply = { status: number; body?: unknown; headers?: Record<string, string> }

/** One operation of GitHub's API. Undefined from `answer` leaves it to the next route that fits. */
export type Route = {
  method: string
  /** Below `/repos/<owner>/<name>/`, which has been matched and found when `isOfRepository`. */
  path: RegExp
  isOfRepository?: boolean
  answer(request: GithubRequest, state: GithubState): Reply | undefined
}

/** What GitHub wants of every request. */
export function checkRequest(
  violations: string[],
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  text: string,
): void {
  const line = `${method} ${url}`
  if (!headers['user-agent']) violations.push(`${line}: no User-Agent`)
  if (!headers.accept?.includes('application/vnd.github+json')) violations.push(`${line}: no Accept of GitHub's`)
  if (method === 'GET' && text !== '') violations.push(`${line}: a body`)
}

const DOCS = 'https://docs.github.com/rest'

export const refused = (status: number, message: string, errors?: object[]): Reply => ({
  status,
  body: { message, documentation_url: DOCS, status: String(status), ...(errors && { errors }) },
})

/** What GitHub says to who lacks a permission; undefined to who has it. */
export function lacking({ actor }: GithubRequest, state: GithubState, key: string, level = 'write'): Reply | undefined {
  if (actor.kind === 'token') {
    const may = state.scopes === undefined ? state.permissions[key] : state.scopes.split(/, */).includes('repo')
    return may ? undefined : refused(403, 'Resource not accessible by personal access token')
  }
  if (actor.kind === 'installation') {
    const has = state.installations.find((it) => it.id === actor.id)?.permissions[key]
    const may = has === 'write' || (has === 'read' && level === 'read')
    return may ? undefined : refused(403, 'Resource not accessible by integration')
  }
  return refused(401, 'Requires authentication')
}
