import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { AppError } from '../errors.ts'

export type Answer = { status: number; release: string | null; page: string | null }
export type AskOptions = { timeoutMs?: number; signal?: AbortSignal }
/** What our own nginx says about itself: which configuration it has loaded, and which worker answered. */
export type Status = { generation: number; worker: number }

type Question = { port: number; host: string; path: string; probe: string } & AskOptions

/**
 * Asks nginx on loopback, always on a fresh connection: only those are sure to meet the newest workers. The body is
 * not waited for. @throws AppError nginx_unreachable, timed_out.
 */
export async function askHost(question: Question): Promise<Answer> {
  const response = await send(question)
  response.destroy()
  const header = (name: string) => {
    const value = response.headers[name]
    return typeof value === 'string' ? value : null
  }
  return { status: response.statusCode ?? 0, release: header('x-slipway-release'), page: header('x-slipway-page') }
}

/** The whole body of a short answer. @throws like askHost. */
export async function askText(question: Question): Promise<string> {
  const response = await send(question)
  const timer = setTimeout(() => response.destroy(tooSlow(question)), question.timeoutMs ?? 10_000)
  let text = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length > 4096) break
    }
  } finally {
    clearTimeout(timer)
  }
  return text
}

/** Undefined when nothing answers there, or something that is not our nginx. */
export async function askStatus(question: Omit<Question, 'path' | 'probe'> & { token: string }) {
  const probe = question.token
  const text = await askText({ timeoutMs: 1000, ...question, path: '/', probe }).catch((error: unknown) => {
    if (error instanceof AppError) return ''
    throw error
  })
  const [, generation, worker] = /^generation (\d+) worker (\d+)$/.exec(text) ?? []
  return generation === undefined ? undefined : { generation: Number(generation), worker: Number(worker) }
}

/** True when nothing listens on this port of loopback. */
export function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    socket.on('connect', () => socket.destroy())
  })
}

const tooSlow = ({ host, timeoutMs = 10_000 }: Question) =>
  new AppError('timed_out', `${host} did not answer through nginx within ${timeoutMs / 1000} s`)

function send(question: Question): Promise<IncomingMessage> {
  const { port, host, path, probe, timeoutMs = 10_000, signal } = question
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false, headers: { host, 'x-slipway-probe': probe } }
    const asked = request({ ...options, ...(signal !== undefined && { signal }) }, (response) => {
      clearTimeout(timer)
      resolve(response)
    })
    const timer = setTimeout(() => asked.destroy(tooSlow(question)), timeoutMs)
    asked.on('error', (error) => {
      clearTimeout(timer)
      if (signal?.aborted) return reject(signal.reason)
      if (error instanceof AppError) return reject(error)
      const message = `nginx does not answer on port ${port}; look at its error log, then start Slipway again`
      reject(new AppError('nginx_unreachable', message, { cause: error }))
    })
    asked.end()
  })
}
