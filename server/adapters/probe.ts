import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'

/** `body` is the beginning of what was answered with 400 or 403: an app may say there which host names it serves. */
export type Answer = { status: number; body?: string } | { failure: 'refused' | 'reset' | 'timeout' }

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
        const status = response.statusCode ?? 0
        if (status === 400 || status === 403) return void readStart(response).then((body) => resolve({ status, body }))
        response.destroy()
        resolve({ status })
      },
    )
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const timedOut = error.name === 'TimeoutError' || error.name === 'AbortError'
      resolve({ failure: timedOut ? 'timeout' : error.code === 'ECONNREFUSED' ? 'refused' : 'reset' })
    })
    probe.end()
  })
}

const MAX_BODY = 4096

/** The first bytes of an answer as text; what was read so far when it breaks off. */
function readStart(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length >= MAX_BODY) response.destroy()
    })
    response.on('error', () => response.destroy())
    response.on('close', () => resolve(text.slice(0, MAX_BODY)))
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
