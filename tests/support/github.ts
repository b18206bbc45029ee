import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type GithubFault = 'hang' | 'html' | 'huge' | 'redirect' | 'rate limit' | '500'

export type GithubStandIn = {
  /** What SLIPWAY_GITHUB_API_URL is set to: that of an Enterprise Server. */
  apiUrl: string
  token: string
  /** What the token is and may do. Tests preset it. */
  state: {
    /** Of a classic token; undefined is a fine-grained one. */
    scopes: string | undefined
    expiration: string | undefined
    /** Private repositories that the token sees. */
    repositories: { full_name: string; archived: boolean; permissions: { push: boolean } }[]
    /** Of a fine-grained token. */
    permissions: { contents: boolean; statuses: boolean }
    fault: GithubFault | undefined
  }
  /** Every request as `METHOD /path`, with the header it came with. */
  requests: { line: string; authorization: string | undefined }[]
  /** Requests that no client of GitHub's may send, and statuses that were really set. */
  violations: string[]
  stop(): Promise<void>
}

const DOCS = 'https://docs.github.com/rest'
type Reply = { status: number; body: unknown; headers?: Record<string, string> }

/**
 * The part of GitHub's REST API that Slipway asks, on loopback: its paths, headers and bodies as docs.github.com
 * describes them. A token is classic when it has scopes.
 */
export async function startGithub(): Promise<GithubStandIn> {
  const token = `github_pat_${'standin'.repeat(4)}`
  const state: GithubStandIn['state'] = {
    scopes: undefined,
    expiration: undefined,
    repositories: [{ full_name: 'acme/secret', archived: false, permissions: { push: true } }],
    permissions: { contents: true, statuses: true },
    fault: undefined,
  }
  const requests: GithubStandIn['requests'] = []
  const violations: string[] = []

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { method = '', headers } = request
    const url = new URL(request.url ?? '/', 'http://localhost')
    requests.push({ line: `${method} ${url.pathname}`, authorization: headers.authorization })
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    if (!headers['user-agent']) violations.push(`${method} ${url.pathname}: no User-Agent`)
    if (state.fault !== undefined) return answerFault(state.fault, response)
    const { status, body, headers: more } = answer(method, url, text, headers.authorization)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...more })
    response.end(JSON.stringify(body))
  }

  function answer(method: string, url: URL, text: string, authorization: string | undefined): Reply {
    if (authorization !== `Bearer ${token}`) return refused(401, 'Bad credentials')
    const headers = {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4999',
      ...(state.scopes !== undefined && { 'x-oauth-scopes': state.scopes, 'x-accepted-oauth-scopes': '' }),
      ...(state.expiration !== undefined && { 'github-authentication-token-expiration': state.expiration }),
    }
    return { headers, ...route(method, url.pathname.replace('/api/v3', ''), url.searchParams, text) }
  }

  function route(method: string, path: string, query: URLSearchParams, text: string): Reply {
    if (method === 'GET' && path === '/user') return { status: 200, body: { login: 'octocat', id: 1, type: 'User' } }
    if (method === 'GET' && path === '/user/repos') {
      if (query.get('visibility') !== 'private') violations.push('GET /user/repos: public ones prove nothing')
      return { status: 200, body: state.repositories.map((it) => ({ ...it, private: true })) }
    }
    const [, name, rest = ''] = /^\/repos\/([\w.-]+\/[\w.-]+)\/(.+)$/.exec(path) ?? []
    if (!state.repositories.some((it) => it.full_name === name)) return refused(404, 'Not Found')
    const lacking = refused(403, 'Resource not accessible by personal access token')
    if (method === 'GET' && rest === 'commits') {
      return state.permissions.contents ? { status: 200, body: [{ sha: 'a'.repeat(40) }] } : lacking
    }
    if (method === 'POST' && rest.startsWith('statuses/')) {
      if (!['error', 'failure', 'pending', 'success'].includes(JSON.parse(text).state)) return refused(422, 'Invalid')
      if (!state.permissions.statuses) return lacking
      if (/^statuses\/0{40}$/.test(rest)) return refused(422, `No commit found for SHA: ${'0'.repeat(40)}`)
      violations.push(`a status was set: ${path}`)
    }
    return refused(404, 'Not Found')
  }

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    token,
    state,
    requests,
    violations,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const refused = (status: number, message: string): Reply => ({
  status,
  body: { message, documentation_url: DOCS, status: String(status) },
})

function answerFault(fault: GithubFault, response: ServerResponse): void {
  if (fault === 'hang') return
  if (fault === 'redirect') return void response.writeHead(301, { location: 'http://127.0.0.1:9/user' }).end()
  if (fault === '500') return void response.writeHead(500).end('{"message":"Server Error"}')
  if (fault === 'html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
  if (fault === 'huge') return void response.writeHead(200).end(JSON.stringify({ login: 'x'.repeat(2 * 1024 * 1024) }))
  response.writeHead(403, { 'x-ratelimit-remaining': '0' }).end('{"message":"API rate limit exceeded"}')
}
