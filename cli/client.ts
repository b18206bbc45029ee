import { EXIT, Failure } from './failure.ts'

type Query = Record<string, string | number | boolean | undefined>
export type Ask = { body?: unknown; query?: Query; timeoutMs?: number }

/** One Slipway, asked over its API. */
export type Client = {
  readonly url: string
  /**
   * Answers the JSON of the reply, undefined for none.
   * @throws Failure with the API's code and message when it refuses; unreachable, not_slipway, redirected
   */
  request<T>(method: string, path: string, ask?: Ask): Promise<T>
  /** What lies there, as it comes, however long it takes. @throws like `request` */
  download(path: string): Promise<AsyncIterable<Uint8Array>>
}

const TIMEOUT_MS = 30_000

/** The token goes to `url` alone: what redirects elsewhere is refused and not followed. */
export function createClient(url: string, token?: string): Client {
  return {
    url,
    async request<T>(method: string, path: string, { body, query = {}, timeoutMs = TIMEOUT_MS }: Ask = {}): Promise<T> {
      const address = new URL(path, url)
      for (const [name, value] of Object.entries(query))
        if (value !== undefined) address.searchParams.set(name, String(value))
      const reply = await send(address, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return readReply<T>(reply, url)
    },
    async download(path) {
      const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) }
      const reply = await send(new URL(path, url), { redirect: 'manual', headers })
      const isFile = reply.ok && reply.headers.get('content-type') === 'application/octet-stream'
      if (isFile && reply.body) return reply.body
      return readReply<never>(reply, url)
    },
  }
}

async function send(address: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init)
  } catch (error) {
    throw unreachable(address.origin, reasonOf(error))
  }
}

async function readReply<T>(reply: Response, url: string): Promise<T> {
  if (reply.status >= 300 && reply.status < 400) throw redirected(reply, url)
  if (reply.status === 204) return undefined as T
  const isJson = reply.headers.get('content-type')?.includes('json')
  const body = isJson ? await readJson(reply, url) : undefined
  if (reply.ok && body !== undefined) return body as T
  const { code, message, hint, field } = (body ?? {}) as Record<string, unknown>
  if (typeof code !== 'string' || typeof message !== 'string') throw notSlipway(reply.status, url)
  throw new Failure(code, message, {
    status: reply.status,
    hint: typeof hint === 'string' ? hint : hintOf(code, url),
    ...(typeof field === 'string' && { detail: { field } }),
  })
}

/** The API speaks to every program; this one knows its own remedy. */
const hintOf = (code: string, url: string) =>
  code === 'unauthenticated' ? `The token is wrong or has ended: slipway login ${url}` : undefined

async function readJson(reply: Response, url: string): Promise<unknown> {
  try {
    return await reply.json()
  } catch (error) {
    throw error instanceof SyntaxError ? notSlipway(reply.status, url) : unreachable(url, reasonOf(error))
  }
}

const unreachable = (url: string, reason: string) =>
  new Failure('unreachable', `Slipway does not answer at ${url} (${reason}). Check the address, and that it runs.`, {
    exit: EXIT.unreachable,
  })

const notSlipway = (status: number, url: string) =>
  new Failure('not_slipway', `What answers at ${url} is not Slipway, or Slipway is down behind it (HTTP ${status}).`, {
    hint: 'Check the address, and that Slipway runs.',
    exit: EXIT.unreachable,
    status,
  })

function redirected(reply: Response, url: string): Failure {
  const target = URL.parse(reply.headers.get('location') ?? '', url)?.origin ?? 'another address'
  return new Failure('redirected', `${url} sends on to ${target}. The token is not sent there.`, {
    hint: target === url ? undefined : `If that is your Slipway: slipway login ${target}`,
    status: reply.status,
  })
}

/** What the operating system or TLS said; fetch itself says only “fetch failed”. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'it took too long'
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } }
  return String(cause?.code ?? cause?.message ?? error.message)
}
