import { createRequire } from 'node:module'
import type Docker from 'dockerode'
import { AppError } from '../errors.ts'

/**
 * Dockerode without what we never use: it loads gRPC for build sessions and ssh2 for ssh:// engines when it is
 * imported, 13 MB of resident memory together (docs/decisions/memory.md). We open no session and no ssh.
 */
export function createDockerClient(dockerHost: string): Docker {
  const require = createRequire(import.meta.url)
  const requireFromDockerode = createRequire(require.resolve('dockerode'))
  for (const file of [
    require.resolve('dockerode/lib/session.js'),
    requireFromDockerode.resolve('docker-modem/lib/ssh.js'),
  ]) {
    require.cache[file] ??= Object.assign(Object.create(null), {
      id: file,
      filename: file,
      loaded: true,
      exports: unused,
      children: [],
      paths: [],
    })
  }
  const Client = require('dockerode') as typeof Docker
  const url = new URL(dockerHost)
  if (url.protocol === 'unix:') return new Client({ socketPath: url.pathname })
  return new Client({
    host: url.hostname,
    port: Number(url.port || 2375),
    protocol: url.protocol === 'https:' ? 'https' : 'http',
  })
}

function unused(): never {
  throw new Error('Slipway uses neither build sessions nor ssh engines')
}

/** The HTTP status of an error that the engine answered with, undefined for any other error. */
function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  return typeof status === 'number' ? status : undefined
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'])

/** Turns an error of the engine into one of ours; aborts and our own errors pass. */
export function explainEngine(error: unknown, doing: string): Error {
  if (error instanceof AppError) return error
  const { code, name, message = String(error) } = (error ?? {}) as { code?: string; name?: string; message?: string }
  if (name === 'TimeoutError') {
    return new AppError(
      'engine_failed',
      `The Docker engine took too long while ${doing}. Look at its load, then try again.`,
      { cause: error },
    )
  }
  if (name === 'AbortError' || code === 'ABORT_ERR') return error as Error
  if (statusOf(error) === undefined && code !== undefined && UNREACHABLE.has(code)) {
    const rights = code === 'EACCES' ? ' The user Slipway runs as must be in the group docker.' : ''
    return new AppError(
      'engine_unreachable',
      `The Docker engine does not answer. Start it (systemctl start docker) and check DOCKER_HOST.${rights}`,
      { cause: error },
    )
  }
  if (/no space left on device/i.test(message)) {
    return new AppError(
      'disk_full',
      `The disk is full: the engine stopped while ${doing}. Free some space, then try again.`,
      { cause: error },
    )
  }
  const reason = (error as { json?: { message?: string } }).json?.message ?? message
  return new AppError('engine_failed', `The Docker engine refused while ${doing}: ${reason}`, { cause: error })
}

/**
 * Waits for a call to the engine, `ms` at most, and answers undefined where the engine says one of `expected`
 * (404: not there, 304: is so already).
 */
export async function unless<T>(
  expected: number[],
  doing: string,
  call: Promise<T>,
  ms = 60_000,
): Promise<T | undefined> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => limit.reject(new DOMException(`No answer within ${ms} ms`, 'TimeoutError')), ms)
  try {
    return await Promise.race([call, limit.promise])
  } catch (error) {
    const status = statusOf(error)
    if (status !== undefined && expected.includes(status)) return undefined
    throw explainEngine(error, doing)
  } finally {
    clearTimeout(timer)
  }
}

/** Like `unless`, for a call whose every refusal is an error. */
export async function must<T>(doing: string, call: Promise<T>, ms?: number): Promise<T> {
  return (await unless([], doing, call, ms)) as T
}
