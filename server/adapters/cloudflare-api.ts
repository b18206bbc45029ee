import type { BaseCloudflare } from 'cloudflare'
import type { BaseRecords } from 'cloudflare/resources/dns/records'
import type { BaseCloudflared } from 'cloudflare/resources/zero-trust/tunnels/cloudflared/cloudflared'
import type { BaseConfigurations } from 'cloudflare/resources/zero-trust/tunnels/cloudflared/configurations'
import type { BaseToken } from 'cloudflare/resources/zero-trust/tunnels/cloudflared/token'
import { type Answer, CloudflareFailure, failureOf, permissions } from './cloudflare-failure.ts'

export const DEFAULT_BASE_URL = 'https://api.cloudflare.com/client/v4'

/** The four resources of Cloudflare's SDK that Slipway uses. Each call is one request: nothing is retried here. */
export type CloudflareApi = {
  tunnels: BaseCloudflared
  configurations: BaseConfigurations
  token: BaseToken
  records: BaseRecords
  /** The `result` of anything else that is only looked at. */
  get(path: string, options: { signal: AbortSignal | undefined }): Promise<unknown>
}

type Connection = { apiToken: string; baseUrl: string | undefined; timeoutMs: number }
type RequestOptions = { query?: object | null; body?: unknown; signal?: AbortSignal | null } | undefined
type Send = (method: string, path: string, options: RequestOptions) => Promise<unknown>

/**
 * Loads the SDK's resource classes, and not its client: that imports every product of Cloudflare and costs 33 MB of
 * memory and 0.3 s (docs/decisions/cloudflare-sdk.md). The requests go out by our own `send`.
 */
export async function loadApi(connection: Connection): Promise<CloudflareApi> {
  const [tunnels, configurations, token, records] = await Promise.all([
    import('cloudflare/resources/zero-trust/tunnels/cloudflared/cloudflared'),
    import('cloudflare/resources/zero-trust/tunnels/cloudflared/configurations'),
    import('cloudflare/resources/zero-trust/tunnels/cloudflared/token'),
    import('cloudflare/resources/dns/records'),
  ])
  const send = createSend(connection)
  const client = clientOver(send)
  return {
    tunnels: new tunnels.BaseCloudflared(client),
    configurations: new configurations.BaseConfigurations(client),
    token: new token.BaseToken(client),
    records: new records.BaseRecords(client),
    async get(path, { signal }) {
      return ((await send('GET', path, { signal: signal ?? null })) as { result: unknown }).result
    },
  }
}

/** The part of the SDK's client that its resource classes call (read in 7.3.0). A list answers its one page. */
function clientOver(send: Send): BaseCloudflare {
  const method = (name: string) => (path: string, options: RequestOptions) => {
    const answer = send(name, path, options)
    return { _thenUnwrap: (unwrap: (body: unknown) => unknown) => answer.then(unwrap) }
  }
  return {
    get: method('GET'),
    post: method('POST'),
    put: method('PUT'),
    patch: method('PATCH'),
    delete: method('DELETE'),
    getAPIList: (path: string, _page: unknown, options: RequestOptions) => send('GET', path, options),
  } as unknown as BaseCloudflare
}

/**
 * One request; answers the whole body once `success` is true and there is a result. Rejects with CloudflareFailure, or
 * with the reason of the caller's signal. The token appears in no message.
 */
function createSend({ apiToken, baseUrl, timeoutMs }: Connection): Send {
  const base = (baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, '')
  const redact = (text: string) => text.replaceAll(apiToken, '[token]')

  return async (method, path, options) => {
    if (!/^[\x21-\x7e]+$/.test(apiToken)) throw malformedToken()
    const what = `${method} ${path}`
    const limit = AbortSignal.timeout(timeoutMs)
    const signal = options?.signal ? AbortSignal.any([options.signal, limit]) : limit
    try {
      const answer = await receive(
        await fetch(`${base}${path}${queryString(options?.query)}`, {
          method,
          signal,
          redirect: 'manual',
          headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
          ...(options?.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        }),
      )
      if (isSuccess(answer)) return answer.body
      throw failureOf(answer, path.startsWith('/zones') ? permissions.dns : permissions.tunnel, what, redact)
    } catch (error) {
      if (error instanceof CloudflareFailure) throw error
      options?.signal?.throwIfAborted()
      throw unreachable(what, limit.aborted ? `no answer within ${timeoutMs} ms` : redact(reasonOf(error)))
    }
  }
}

async function receive(response: Response): Promise<Answer> {
  const text = await response.text()
  const answer = { status: response.status, retryAfter: response.headers.get('retry-after') }
  try {
    return { ...answer, body: JSON.parse(text) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ...answer, body: undefined }
  }
}

function isSuccess({ status, body }: Answer): boolean {
  const { success, result } = (body ?? {}) as { success?: unknown; result?: unknown }
  return status >= 200 && status < 300 && success === true && result !== undefined && result !== null
}

/** Nested filters are dotted, as the SDK does it: `{ name: { exact: 'a' } }` → `name.exact=a`. */
function queryString(query: object | null | undefined): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]): [string, string][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([inner, innerValue]): [string, string] => [`${name}.${inner}`, String(innerValue)])
      : [[name, String(value)]],
  )
  const known = pairs.filter(([, value]) => value !== 'undefined')
  return known.length === 0 ? '' : `?${new URLSearchParams(known)}`
}

/** `fetch` hides the reason of a failed connection in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

const unreachable = (what: string, reason: string) =>
  new CloudflareFailure('cloudflare_unavailable', `Cloudflare could not be reached for ${what}: ${reason}.`, {
    retryable: true,
  })

const malformedToken = () =>
  new CloudflareFailure(
    'cloudflare_denied',
    'CLOUDFLARE_API_TOKEN holds a character that no token has, such as a space or a line end. Copy it again.',
  )
