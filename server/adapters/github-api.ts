import { AppError, type ErrorCode } from '../errors.ts'

/** GitHub did not answer (`github_unavailable`), or refused (`github_denied`), in a sentence that says what to do. */
export class GithubFailure extends AppError {
  constructor(
    message: string,
    cause?: unknown,
    code: Extract<ErrorCode, 'github_denied' | 'github_unavailable'> = 'github_unavailable',
  ) {
    super(code, message, { cause })
    this.name = 'GithubFailure'
  }
}

/** `body` is null where the answer has none, such as those with 204 and 304. `movedTo`: the path it came from in the end. */
export type Answer = { status: number; headers: Headers; body: unknown; movedTo?: string }
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
/** `headers` go along with those of every request, such as `if-none-match`. */
export type Ask = (
  method: Method,
  path: string,
  signal?: AbortSignal,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Answer>

const TIMEOUT_MS = 10_000
/** Lists are asked for in pages that are far smaller: a comparison of 300 files is not for us to cut. */
const MOST_BYTES = 8 * 1024 * 1024
/** GitHub refuses requests without a User-Agent. */
const HEADERS = { accept: 'application/vnd.github+json', 'user-agent': 'slipway' }

/**
 * Asks GitHub's REST API. A repository that was renamed is asked for where GitHub says that it is now; a redirect to
 * another host is not followed, for it would take the token along. What GitHub refuses is answered like the rest, but
 * for the token itself.
 * @throws GithubFailure, or the reason of the signal; none of them shows the token
 */
export function createAsk({ apiUrl, token, refused = WRONG_TOKEN }: Options): Ask {
  return async (method, path, signal, body, more) => {
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
      throw new GithubFailure(MALFORMED, undefined, 'github_denied')
    const { status, headers, text, movedTo } = await follow(`${apiUrl}${path}`, signal, {
      method,
      redirect: 'manual',
      headers: { ...HEADERS, ...more, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (status === 401) throw new GithubFailure(refused, undefined, 'github_denied')
    const answer = parse(token === undefined ? text : text.replaceAll(token, '[token]'), status)
    return { status, headers, body: answer, ...(movedTo !== undefined && { movedTo }) }
  }
}

/** Without `token` nobody in particular asks. `refused` is what an answer of 401 is told as. */
type Options = { apiUrl: string; token: string | undefined; refused?: string }

/** Whether something answers at an address. Redirects count, and are not followed. @throws GithubFailure */
export async function reachHost(url: string, signal?: AbortSignal): Promise<void> {
  const { status } = await exchange(`${url}/`, signal, { method: 'HEAD', redirect: 'manual', headers: HEADERS })
  if (status >= 500) throw new GithubFailure(`${url} answers with ${status}. Try again later.`)
}

type Exchanged = { status: number; headers: Headers; text: string; movedTo?: string }
const REDIRECTS = [301, 302, 307, 308]

/** The same request once more where the API moved what it is about: 301 to what reads, 307 to what changes something. */
async function follow(url: string, signal: AbortSignal | undefined, init: RequestInit): Promise<Exchanged> {
  const first = await exchange(url, signal, init)
  if (!REDIRECTS.includes(first.status)) return first
  const leadsTo = targetOf(first.headers, url)
  const { origin } = new URL(url)
  if (leadsTo?.origin !== origin) throw redirected(origin)
  const second = await exchange(leadsTo.href, signal, init)
  if (REDIRECTS.includes(second.status)) throw redirected(origin)
  return { ...second, movedTo: leadsTo.pathname }
}

function targetOf(headers: Headers, url: string): URL | undefined {
  const location = headers.get('location')
  return location !== null && URL.canParse(location, url) ? new URL(location, url) : undefined
}

/** One request within ten seconds, its body of 8 MiB at most included. */
async function exchange(url: string, signal: AbortSignal | undefined, init: RequestInit) {
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, limit]) : limit })
    return { status: response.status, headers: response.headers, text: await readText(response) }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof GithubFailure) throw error
    throw unreachable(new URL(url).origin, limit.aborted ? 'no answer within 10 s' : reasonOf(error), error)
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > MOST_BYTES) throw notTheApi(response.status)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

const WITHOUT_BODY = [204, 205, 304]

function parse(text: string, status: number): unknown {
  if (WITHOUT_BODY.includes(status)) return null
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw notTheApi(status)
  }
}

/** `fetch` hides the reason of a failure in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

function unreachable(origin: string, reason: string, cause: unknown): GithubFailure {
  const remedy = 'Check the network, and SLIPWAY_GITHUB_URL and SLIPWAY_GITHUB_API_URL.'
  return new GithubFailure(`${origin} could not be reached: ${reason}. ${remedy}`, cause)
}

function redirected(origin: string): GithubFailure {
  const remedy = 'Set SLIPWAY_GITHUB_API_URL to where that leads, if it is where the token belongs.'
  return new GithubFailure(`${origin} redirects, and the token is not sent after a redirect. ${remedy}`)
}

const notTheApi = (status: number) =>
  new GithubFailure(
    `The answer (status ${status}) is not one of GitHub's API. Check SLIPWAY_GITHUB_API_URL, which is https://<host>/api/v3 for an Enterprise Server, and proxies on the way.`,
  )

export const WRONG_TOKEN = 'GitHub does not accept the token: it is wrong, was revoked, or has expired.'
const MALFORMED = 'The token holds a character that no token has, such as a space or a line end. Copy it again.'
