/** Every error a user can meet, with the HTTP status it is answered with when it happens inside a request. */
export const errorStatus = {
  // requests
  invalid_input: 400,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_credentials: 401,
  unauthenticated: 401,
  forbidden: 403,
  forbidden_origin: 403,
  not_found: 404,
  too_many_attempts: 429,
  busy: 429,
  subdomain_taken: 409,
  subdomain_reserved: 400,
  not_possible_now: 409,
  // the repository
  repository_not_found: 404,
  repository_unreachable: 502,
  repository_empty: 422,
  repository_too_large: 422,
  branch_not_found: 404,
  root_dir_not_found: 422,
  file_unsafe: 422,
  dockerfile_not_found: 422,
  no_template: 422,
  no_start_command: 422,
  several_apps: 422,
  settings_invalid: 422,
  // GitHub
  github_denied: 502,
  github_unavailable: 502,
  signature_invalid: 401,
  approval_needed: 409,
  preview_limit: 409,
  // the build
  base_image_unavailable: 502,
  build_cache_damaged: 502,
  build_failed: 422,
  build_out_of_memory: 422,
  build_timed_out: 422,
  build_unguarded: 503,
  machine_full: 503,
  image_gone: 410,
  // the machine
  engine_unreachable: 503,
  engine_failed: 502,
  name_in_use: 409,
  disk_full: 507,
  disk_failed: 500,
  no_free_port: 503,
  port_taken: 409,
  nginx_missing: 503,
  nginx_rejected: 500,
  nginx_unreachable: 503,
  // the app
  release_command_failed: 422,
  pre_deploy_failed: 422,
  post_deploy_failed: 422,
  app_exited: 422,
  app_paused: 422,
  app_out_of_memory: 422,
  app_not_answering: 422,
  app_on_localhost_only: 422,
  app_on_wrong_port: 422,
  not_live: 502,
  // Cloudflare
  cloudflare_denied: 502,
  cloudflare_unavailable: 502,
  cloudflare_rejected: 502,
  dns_record_foreign: 409,
  tunnel_route_foreign: 409,
  tunnel_not_found: 502,
  // backups
  backup_target_failed: 502,
  backup_damaged: 422,
  passphrase_wrong: 422,
  // a job
  cancelled: 409,
  superseded: 409,
  interrupted: 500,
  timed_out: 504,
  internal: 500,
} as const

export type ErrorCode = keyof typeof errorStatus

export type AppErrorOptions = {
  /** The request field the error is about. */
  field?: string
  /** What the user can do, when the message alone does not say it. */
  hint?: string
  /** The port an app listens on inside its container, where it was asked at another one. */
  port?: number
  cause?: unknown
}

/** An error with a code of the closed union above and a message that says what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly hint: string | undefined
  readonly port: number | undefined

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.field = options.field
    this.hint = options.hint
    this.port = options.port
  }

  get status(): number {
    return errorStatus[this.code]
  }
}

/** The error as an AppError; anything unexpected becomes `internal` and keeps the original as its cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isDiskFull(error)) return new AppError('disk_full', FULL, { cause: error })
  if (isDiskFailed(error)) return new AppError('disk_failed', FAILED, { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new AppError('internal', `Something unexpected happened: ${message}`, { cause: error })
}

const FULL = 'The disk that Slipway keeps its data on is full. Free some space, then try again.'
const FAILED =
  'The disk that Slipway keeps its data on could not be read or written. Look what the kernel says of it (dmesg), mend or replace it, then try again.'

/** A newer Slipway wrote the database. To start again does not help: another version or another database is needed. */
export class NewerDatabaseError extends Error {}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** The file system and the database each have words for it; the last one is that of the database's shared memory. */
const isDiskFull = (error: unknown) =>
  ['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(codeOf(error))

/** A file system with errors is made read-only by the kernel. */
const isDiskFailed = (error: unknown) => /^(EIO|EROFS|SQLITE_IOERR.*)$/.test(codeOf(error))

export const hasCode = (error: unknown, code: AppError['code']): error is AppError =>
  error instanceof AppError && error.code === code
