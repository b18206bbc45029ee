import { execFile } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Repository } from './git-server.ts'
import { problemsOf } from './github-bodies.ts'
import { createDeliverer, type Delivered, type Hook } from './github-deliveries.ts'
import { redirectOf, unmoved } from './github-renamed.ts'
import { checkRequest } from './github-route.ts'

const run = promisify(execFile)

export type Right = 'hooks' | 'statuses' | 'deployments' | 'contents'
type Status = {
  repository: string
  sha: string
  state: string
  context: string
  description: string
  target_url: string
}
type Deployment = {
  id: number
  repository: string
  sha: string
  environment: string
  payload?: { slipway?: string }
  statuses: { state: string; log_url?: string; environment_url?: string }[]
}

/** What GitHub knows of repositories: their webhooks, which it really calls, statuses, deployments and commits. */
export type GithubRepositories = {
  apiUrl: string
  token: string
  state: {
    hooks: Hook[]
    statuses: Status[]
    deployments: Deployment[]
    /** What the token may not do. */
    denied: Set<Right>
    /** Every request is answered with 502. */
    isDown: boolean
    /** Pushes are not told of. */
    isSilent: boolean
    /** Repositories that are gone, or that the token does not see. */
    gone: Set<string>
    /** Repositories of which nothing can be changed. */
    archived: Set<string>
    /** Ids of repositories that were renamed, by the `owner/name` they had. */
    renamed: Record<string, number>
  }
  delivered: Delivered[]
  /** As `METHOD /path`, without the prefix of the API. */
  requests: string[]
  violations: string[]
  /** From now on a push to the repository is told to its webhooks, with GitHub's signature. */
  follow(repository: Repository): Promise<void>
  /** Delivers again what was delivered, in the order that is given. */
  redeliver(deliveries: Delivered[]): Promise<Delivered[]>
  /** Waits until nothing is on its way to a webhook. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

type Reply = { status: number; body?: unknown; headers?: Record<string, string> }
type Asked = {
  method: string
  name: string
  rest: string
  query: URLSearchParams
  body: any
  headers: IncomingMessage['headers']
}

const done = (body: unknown, status = 200): Reply => ({ status, body })
const refused = (status: number, message: string): Reply => ({ status, body: { message, status: String(status) } })

export async function startGithubRepositories(): Promise<GithubRepositories> {
  const token = `github_pat_${'pushed'.repeat(5)}`
  const state: GithubRepositories['state'] = {
    hooks: [],
    statuses: [],
    deployments: [],
    denied: new Set(),
    isDown: false,
    isSilent: false,
    gone: new Set(),
    archived: new Set(),
    renamed: {},
  }
  const bares = new Map<string, string>()
  const requests: string[] = []
  const violations: string[] = []
  const deliverer = createDeliverer(state)
  let ids = 1000

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    if (url.pathname === '/pushed') {
      const [name = '', before = '', after = '', ref = ''] = text.trim().split(' ')
      response.end()
      if (!state.isSilent) await deliverer.push({ name, bare: bares.get(name) ?? '', before, after, ref })
      return
    }
    const { status, body, headers } = await answer(request, url, text)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }

  async function answer(request: IncomingMessage, url: URL, text: string): Promise<Reply> {
    const { method = '', headers } = request
    checkRequest(violations, request, text)
    const address = url.pathname.replace('/api/v3', '')
    requests.push(`${method} ${address}`)
    if (state.isDown) return refused(502, 'Server Error')
    if (headers.authorization !== `Bearer ${token}`) return refused(401, 'Bad credentials')
    const moved = redirectOf(state.renamed, method, url)
    if (moved) return moved
    const path = unmoved(state.renamed, address)
    const [, name = '', rest = ''] = /^\/repos\/([\w.-]+\/[\w.-]+)(?:\/(.+))?$/.exec(path) ?? []
    if (!bares.has(name) || state.gone.has(name)) return refused(404, 'Not Found')
    const right = rightFor(rest)
    if (right && state.denied.has(right)) return refused(403, 'Resource not accessible by personal access token')
    if (method !== 'GET' && state.archived.has(name)) return refused(403, 'Repository was archived so is read-only.')
    const body = text === '' ? undefined : JSON.parse(text)
    violations.push(...problemsOf(method, path, body).map((it) => `${method} ${address}: ${it}`))
    const reply = await route({ method, name, rest, query: url.searchParams, body, headers })
    if (reply) return reply
    violations.push(`${method} ${address}: there is no such request`)
    return refused(404, 'Not Found')
  }

  async function route(asked: Asked): Promise<Reply | undefined> {
    const { method, name, rest } = asked
    if (method === 'GET' && rest === '')
      return done({ full_name: name, default_branch: 'main', archived: state.archived.has(name) })
    if (rest.startsWith('hooks')) return hooks(asked)
    if (method === 'POST' && rest.startsWith('statuses/')) return setStatus(asked)
    if (rest.startsWith('deployments')) return deployments(asked)
    if (method === 'GET' && rest === 'commits') return commits(asked)
    if (method === 'GET' && rest.startsWith('compare/')) return compare(asked)
    return undefined
  }

  function hooks({ method, name, rest, body }: Asked): Reply | undefined {
    const own = state.hooks.filter((it) => it.repository === name)
    if (rest === 'hooks' && method === 'GET') return done(own.map(showHook))
    if (rest === 'hooks' && method === 'POST') {
      if (body.name !== 'web' || !URL.canParse(body.config?.url ?? '')) return refused(422, 'Validation Failed')
      checkConfig(body.config)
      if (own.some((it) => it.config.url === body.config.url))
        return refused(422, 'Hook already exists on this repository')
      const hook: Hook = { id: ++ids, repository: name, active: body.active, events: body.events, config: body.config }
      state.hooks.push(hook)
      deliverer.ping(hook)
      return done(showHook(hook), 201)
    }
    const hook = own.find((it) => rest === `hooks/${it.id}` || rest === `hooks/${it.id}/pings`)
    if (!hook) return refused(404, 'Not Found')
    if (method === 'POST' && rest.endsWith('/pings')) {
      deliverer.ping(hook)
      return { status: 204 }
    }
    if (method === 'PATCH') {
      checkConfig(body.config)
      Object.assign(hook, body)
      return done(showHook(hook))
    }
    if (method !== 'DELETE') return undefined
    state.hooks.splice(state.hooks.indexOf(hook), 1)
    return { status: 204 }
  }

  function checkConfig(config: any): void {
    if (config.content_type !== 'json') violations.push(`a webhook with content_type ${config.content_type}`)
    if (!/^[0-9a-f]{64}$/.test(config.secret ?? '')) violations.push('a webhook without a secret of 32 bytes')
    if (config.insecure_ssl !== '0') violations.push('a webhook that does not check certificates')
  }

  async function setStatus({ name, rest, body }: Asked): Promise<Reply> {
    const sha = rest.slice('statuses/'.length)
    if (!['error', 'failure', 'pending', 'success'].includes(body.state)) return refused(422, 'Validation Failed')
    if (body.description.length > 140) return refused(422, 'description is too long (maximum is 140 characters)')
    if (!(await hasCommit(name, sha))) return refused(422, `No commit found for SHA: ${sha}`)
    state.statuses.push({ repository: name, sha, ...body })
    return done(body, 201)
  }

  async function deployments({ method, name, rest, query, body }: Asked): Promise<Reply | undefined> {
    const own = state.deployments.filter((it) => it.repository === name)
    if (rest === 'deployments' && method === 'GET') {
      return done(own.filter((it) => it.environment === query.get('environment')).toReversed())
    }
    if (rest === 'deployments' && method === 'POST') {
      if (body.auto_merge !== false || body.required_contexts?.length !== 0)
        violations.push('a deployment that waits for others')
      if (!(await hasCommit(name, body.ref))) return refused(422, `No ref found for: ${body.ref}`)
      const { ref: sha, environment, payload } = body
      const deployment = { id: ++ids, repository: name, sha, environment, payload, statuses: [] }
      state.deployments.push(deployment)
      return done(deployment, 201)
    }
    const deployment = own.find((it) => rest === `deployments/${it.id}/statuses`)
    if (!deployment || method !== 'POST') return undefined
    if (!['in_progress', 'success', 'failure', 'error', 'inactive'].includes(body.state))
      return refused(422, 'Validation Failed')
    if (body.state === 'success' && body.auto_inactive) {
      const others = own.filter((it) => it !== deployment && it.environment === deployment.environment)
      for (const it of others) if (it.statuses.at(-1)?.state === 'success') it.statuses.push({ state: 'inactive' })
    }
    deployment.statuses.push(body)
    return done(body, 201)
  }

  async function commits({ name, query, headers }: Asked): Promise<Reply> {
    const ref = query.get('sha') ?? 'HEAD'
    const format = '--format=%H%x00%B'
    const log = await git(name, 'log', '-1', format, query.has('sha') ? `refs/heads/${ref}` : ref).catch(
      () => undefined,
    )
    if (log === undefined) return refused(404, 'Not Found')
    const [sha = '', message = ''] = log.split('\0')
    const etag = `W/"${sha}"`
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } }
    return { status: 200, body: [{ sha, commit: { message: message.trim() } }], headers: { etag } }
  }

  async function compare({ name, rest }: Asked): Promise<Reply> {
    const [base = '', head = ''] = rest.slice('compare/'.length).split('...')
    const names = await git(name, 'diff', '--name-only', `${base}...${head}`).catch(() => undefined)
    if (names === undefined) return refused(404, 'Not Found')
    return done({
      files: names
        .split('\n')
        .filter(Boolean)
        .map((filename) => ({ filename })),
    })
  }

  const git = async (name: string, ...args: string[]) => (await run('git', args, { cwd: bares.get(name) ?? '' })).stdout
  const hasCommit = (name: string, sha: string) =>
    git(name, 'cat-file', '-e', `${sha}^{commit}`).then(
      () => true,
      () => false,
    )

  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    apiUrl: `http://127.0.0.1:${port}/api/v3`,
    token,
    state,
    delivered: deliverer.delivered,
    requests,
    violations,
    async follow(repository) {
      const bare = (await run('git', ['remote', 'get-url', 'origin'], { cwd: repository.folder })).stdout.trim()
      const name = new URL(repository.url).pathname.slice(1)
      bares.set(name, bare)
      const hook = path.join(bare, 'hooks', 'post-receive')
      await writeFile(hook, tellOfPushes(name, port))
      await chmod(hook, 0o755)
    },
    redeliver: deliverer.redeliver,
    quiet: deliverer.quiet,
    async stop() {
      await deliverer.quiet()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A hook of git that needs nothing but bash. Nobody who pushes waits for GitHub's deliveries. */
const tellOfPushes = (name: string, port: number) => `#!/bin/bash
while read -r before after ref; do
  said="${name} $before $after $ref"
  printf 'POST /pushed HTTP/1.0\\r\\ncontent-length: %s\\r\\n\\r\\n%s' \${#said} "$said" 2>/dev/null >/dev/tcp/127.0.0.1/${port} &
done
`

function rightFor(rest: string): Right | undefined {
  if (rest.startsWith('hooks')) return 'hooks'
  if (rest.startsWith('statuses/')) return 'statuses'
  if (rest.startsWith('deployments')) return 'deployments'
  return rest === '' ? undefined : 'contents'
}

/** GitHub shows no secret again. */
const showHook = ({ id, active, events, config, last_response }: Hook) => ({
  id,
  type: 'Repository',
  name: 'web',
  active,
  events,
  config: { ...config, secret: '********' },
  last_response: last_response ?? { code: null, status: 'unused', message: null },
})
