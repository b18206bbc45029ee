/** The only file that calls fetch. */

/** What the API answers when it refuses: `code` is one of server/errors.ts, `message` says what to do next. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  readonly hint: string | undefined

  constructor(status: number, body: { code: string; message: string; field?: string; hint?: string }) {
    super(body.message)
    this.name = 'ApiError'
    this.status = status
    this.code = body.code
    this.field = body.field
    this.hint = body.hint
  }
}

type Options = {
  body?: unknown
  signal?: AbortSignal | undefined
  query?: Record<string, string | number | undefined>
  /** A status besides 2xx whose body is an answer and no error. */
  answer?: number
  /** False for what is about the session itself: that it has ended is an error then, and nobody is asked to log in. */
  renews?: boolean
}

/** Waits until somebody has logged in again. Set by the session; requests refused with 401 go through it once. */
let logInAgain: () => Promise<void> = () => Promise.reject(new Error('nobody can log in yet'))
export const onSessionEnd = (handler: () => Promise<void>) => {
  logInAgain = handler
}

/**
 * Sends a request to the API and answers its JSON (undefined for 204). A session that has ended is renewed first and
 * the request sent again, so nothing that was typed is lost.
 * @throws ApiError, `unauthenticated` only where `renews` is false; AbortError when `signal` fires
 */
export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const reply = await send(method, path, options)
  if (reply.status === options.answer) return reply.json()
  if (reply.status !== 401) return read<T>(reply)
  const error = await errorOf(reply)
  if (!isUnauthenticated(error) || options.renews === false) throw error
  await logInAgain()
  return read<T>(await send(method, path, options))
}

async function send(method: string, path: string, { body, signal, query = {} }: Options): Promise<Response> {
  const url = new URL(path, location.origin)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const init: RequestInit = {
    method,
    ...(signal && { signal }),
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }
  try {
    return await (method === 'GET' ? fetchTwice(url, init) : fetch(url, init))
  } catch (cause) {
    if (isAbort(cause)) throw cause
    throw new ApiError(0, {
      code: 'unreachable',
      message: 'Slipway does not answer. Check that it runs, then try again.',
    })
  }
}

/** A browser gives up what is under way when its network changes; what only asks can be asked again. */
async function fetchTwice(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    if (isAbort(cause)) throw cause
    return fetch(url, init)
  }
}

async function read<T>(reply: Response): Promise<T> {
  if (!reply.ok) throw await errorOf(reply)
  return (reply.status === 204 ? undefined : await reply.json()) as T
}

async function errorOf(reply: Response): Promise<ApiError> {
  const isJson = reply.headers.get('content-type')?.includes('json')
  const body = isJson ? await reply.json() : undefined
  return new ApiError(reply.status, {
    code: 'internal',
    message: `Slipway answered with ${reply.status}. Try again; its log has the details.`,
    ...body,
  })
}

/** There is no session, or it has ended. */
export const isUnauthenticated = (error: unknown) => error instanceof ApiError && error.code === 'unauthenticated'

export const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'

/** The error as the UI shows it. */
export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, { code: 'internal', message: error instanceof Error ? error.message : String(error) })
