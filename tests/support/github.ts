import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { accountRoutes, probeRoutes } from './github-account.ts'
import { appRoutes, readAppToken, readInstallationToken, submitManifest } from './github-app.ts'
import { keyRoutes } from './github-keys.ts'
import { pullRoutes } from './github-pulls.ts'
import { redirectOf, unmoved } from './github-renamed.ts'
import { type Actor, checkRequest, type GithubRequest, type Reply, type Route, refused } from './github-route.ts'
import { type GithubFault, type GithubState, newState } from './github-state.ts'

export type { GithubFault } from './github-state.ts'

/** Every operation, by topic. The first that fits answers; tries of permissions come last. */
const routes: Route[] = [...accountRoutes, ...keyRoutes, ...appRoutes, ...pullRoutes, ...probeRoutes]

export type GithubStandIn = {
  /** What SLIPWAY_GITHUB_API_URL is set to: that of an Enterprise Server. */
  apiUrl: string
  token: string
  state: GithubState
  /** Every request as `METHOD /path`, with the header it came with. */
  requests: { line: string; authorization: string | undefined }[]
  /** Requests that no client of GitHub's may send, and what a test of a permission really made. */
  violations: string[]
  /** Somebody posts a manifest and agrees. Answers the code that the browser is sent back with. */
  submitManifest(manifest: unknown): string
  /** Whether a password opens a repository for git. */
  opens(repository: string, password: string): boolean
  stop(): Promise<void>
}

/**
 * The part of GitHub's REST API that Slipway asks, on loopback: its paths, headers and bodies as docs.github.com
 * describes them. A token is classic when it has scopes.
 */
export async function startGithub(): Promise<GithubStandIn> {
  const token = `github_pat_${'standin'.repeat(4)}`
  const state = newState()
  const requests: GithubStandIn['requests'] = []

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { method = '', headers } = request
    const url = new URL(request.url ?? '/', `http://${headers.host}`)
    requests.push({ line: `${method} ${url.pathname}`, authorization: headers.authorization })
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    checkRequest(state.violations, request, text)
    if (state.fault !== undefined) return answerFault(state.fault, state.redirectTo, response)
    const reply = answer(method, url, request, text)
    const json = { 'content-type': 'application/json; charset=utf-8' }
    response.writeHead(reply.status, { ...(reply.body !== undefined && json), ...limits, ...reply.headers })
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
  }

  function answer(method: string, url: URL, { headers }: IncomingMessage, text: string): Reply {
    const actor = identify(headers.authorization)
    if (!actor) return refused(401, 'Bad credentials')
    const moved = redirectOf(state.renamed, method, url)
    if (moved) return moved
    const path = unmoved(state.renamed, url.pathname).replace('/api/v3', '')
    const asked = { method, path, query: url.searchParams, headers, body: text === '' ? null : JSON.parse(text), actor }
    const reply = route({ ...asked, params: [], repository: '' })
    return actor.kind === 'token' ? { ...reply, headers: { ...aboutToken(state), ...reply.headers } } : reply
  }

  function identify(authorization: string | undefined): Actor | undefined {
    if (authorization === undefined) return { kind: 'nobody' }
    const [, given = ''] = /^Bearer (\S+)$/.exec(authorization) ?? []
    if (given === token) return { kind: 'token' }
    return given.startsWith('ghs_') ? readInstallationToken(state, given) : readAppToken(state, given)
  }

  function route(request: GithubRequest): Reply {
    const [, repository = '', rest = ''] = /^\/repos\/([\w.-]+\/[\w.-]+)\/(.+)$/.exec(request.path) ?? []
    for (const candidate of routes.filter((it) => it.method === request.method)) {
      if (candidate.isOfRepository && !sees(request.actor, repository)) continue
      const match = candidate.path.exec(candidate.isOfRepository ? rest : request.path)
      const reply = match && candidate.answer({ ...request, params: match.slice(1), repository }, state)
      if (reply) return reply
    }
    return refused(404, 'Not Found')
  }

  const sees = (actor: Actor, repository: string) =>
    actor.kind === 'installation'
      ? actor.repositories.includes(repository)
      : actor.kind === 'token' && state.repositories.some((it) => it.full_name === repository)

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    token,
    state,
    requests,
    violations: state.violations,
    submitManifest: (manifest) => submitManifest(state, manifest),
    opens(repository, password) {
      const actor = password === token ? { kind: 'token' as const } : readInstallationToken(state, password)
      return actor !== undefined && sees(actor, repository)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const limits = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999' }

const aboutToken = ({ scopes, expiration }: GithubState) => ({
  ...(scopes !== undefined && { 'x-oauth-scopes': scopes, 'x-accepted-oauth-scopes': '' }),
  ...(expiration !== undefined && { 'github-authentication-token-expiration': expiration }),
})

function answerFault(fault: GithubFault, redirectTo: string, response: ServerResponse): void {
  if (fault === 'hang') return
  if (fault === 'redirect') return void response.writeHead(301, { location: redirectTo }).end()
  if (fault === '500') return void response.writeHead(500).end('{"message":"Server Error"}')
  if (fault === 'html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
  if (fault === 'huge') return void response.writeHead(200).end(JSON.stringify({ login: 'x'.repeat(9 * 1024 * 1024) }))
  response.writeHead(403, { 'x-ratelimit-remaining': '0' }).end('{"message":"API rate limit exceeded"}')
}
