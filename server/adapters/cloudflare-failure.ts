import { AppError, type AppErrorOptions, type ErrorCode } from '../errors.ts'

/** What a call needs the API token to be allowed. Named as in Cloudflare's token editor. */
export const permissions = {
  tunnel: 'Account → Cloudflare Tunnel → Edit',
  dns: 'Zone → DNS → Edit',
} as const

export type Permission = (typeof permissions)[keyof typeof permissions]

type FailureOptions = AppErrorOptions & {
  answered?: number
  codes?: number[]
  retryable?: boolean
  retryAfterMs?: number | undefined
}

/** A call to Cloudflare that did not succeed, with what is needed to decide whether to try again. */
export class CloudflareFailure extends AppError {
  /** The status Cloudflare answered with; undefined when no answer came. */
  readonly answered: number | undefined
  /** Cloudflare's own error codes. */
  readonly codes: number[]
  /** The same call may succeed later. The effect may have happened all the same: look before repeating it. */
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: FailureOptions = {}) {
    super(code, message, options)
    this.answered = options.answered
    this.codes = options.codes ?? []
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
  }
}

export const hasCode = (error: unknown, codes: readonly number[]): error is CloudflareFailure =>
  error instanceof CloudflareFailure && error.codes.some((code) => codes.includes(code))

/** 7000 and 7003: the account or zone in the path is wrong, which says nothing about the object that was asked for. */
const WRONG_PATH_CODES = [7000, 7003]

/** Cloudflare itself says that the object does not exist. A proxy's 404, or a wrong account, is no such proof. */
export const isNotFound = (error: unknown): error is CloudflareFailure =>
  error instanceof CloudflareFailure &&
  error.answered === 404 &&
  error.codes.length > 0 &&
  !hasCode(error, WRONG_PATH_CODES)

/** 10000 authentication error, 9109 unauthorized, 1000 and 6003 a malformed or unknown token (Cloudflare's API docs). */
const DENIED_CODES = [10_000, 9109, 9103, 1000, 6003]

type Problem = { code: number; message: string }

/** The list of Cloudflare's own errors in a body of any shape. */
function problemsIn(body: unknown): Problem[] {
  const errors = (body as { errors?: unknown } | null | undefined)?.errors
  if (!Array.isArray(errors)) return []
  return errors.map((error) => ({ code: Number(error?.code ?? 0), message: String(error?.message ?? 'no message') }))
}

/** `body` is undefined when it was not JSON. */
export type Answer = { status: number; retryAfter: string | null; body: unknown }

/**
 * The failure that an answer stands for. `what` is the call in words, such as `GET /zones/…`; `redact` takes the token
 * out of what the other side said, which may be a proxy's echo.
 * A 200 with `success: false`, or with HTML in place of JSON, is a failure too: the SDK would answer undefined.
 */
export function failureOf(
  answer: Answer,
  permission: Permission,
  what: string,
  redact: (text: string) => string,
): CloudflareFailure {
  const { status } = answer
  const problems = problemsIn(answer.body)
  const codes = problems.map((problem) => problem.code)
  const said = redact(problems.map((problem) => `${problem.message} (${problem.code})`).join('; '))
  const details = { answered: status, codes }
  if (status === 429 || status === 408 || status >= 500) {
    return new CloudflareFailure(
      'cloudflare_unavailable',
      `Cloudflare answered ${what} with ${status}. Try again later.`,
      { ...details, retryable: true, retryAfterMs: parseRetryAfter(answer.retryAfter) },
    )
  }
  if (said === '') {
    return new CloudflareFailure(
      'cloudflare_unavailable',
      `The answer to ${what} (status ${status}) is not one of Cloudflare's API. Check CLOUDFLARE_BASE_URL and proxies on the way.`,
      { ...details, retryable: status < 300 },
    )
  }
  if (status === 401 || status === 403 || codes.some((code) => DENIED_CODES.includes(code))) {
    return new CloudflareFailure(
      'cloudflare_denied',
      `Cloudflare refused the API token for ${what}: ${said}. Give the token the permission ${permission}, for this account and zone.`,
      details,
    )
  }
  const remedy = codes.some((code) => WRONG_PATH_CODES.includes(code))
    ? ' Check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_ZONE_ID.'
    : ''
  return new CloudflareFailure('cloudflare_rejected', `Cloudflare rejected ${what}: ${said}.${remedy}`, {
    ...details,
    retryable: status < 300,
  })
}

/** Milliseconds from a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3). */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}
