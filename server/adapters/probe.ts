import { request } from 'node:http'
import { createServer } from 'node:net'

export type Answer = { status: number } | { failure: 'refused' | 'reset' | 'timeout' }

/**
 * Asks 127.0.0.1:`port` for `path` over HTTP and answers the status, or how it failed. A plain connect would not do:
 * docker-proxy accepts TCP while nothing listens inside.
 */
export function probeHttp(port: number, path: string, options: { host: string; timeoutMs: number }): Promise<Answer> {
  return new Promise((resolve) => {
    const probe = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        headers: { host: options.host, 'user-agent': 'slipway-health' },
        signal: AbortSignal.timeout(options.timeoutMs),
      },
      (response) => {
        response.destroy()
        resolve({ status: response.statusCode ?? 0 })
      },
    )
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const timedOut = error.name === 'TimeoutError' || error.name === 'AbortError'
      resolve({ failure: timedOut ? 'timeout' : error.code === 'ECONNREFUSED' ? 'refused' : 'reset' })
    })
    probe.end()
  })
}

/** Why a port on 127.0.0.1 cannot be used now; undefined when it is free. Looks by listening on it for a moment. */
export function probePort(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRINUSE' ? 'held by another process' : `not usable (${error.code})`)
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
