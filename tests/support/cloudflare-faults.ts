import type { ServerResponse } from 'node:http'
import type { Received } from './cloudflare-schema.ts'

export type Match = RegExp | ((method: string, path: string) => boolean)

export type Fault = {
  match: Match
  /** How many requests fail. Default: 1. */
  times?: number
  /**
   * `timeout-after-effect`: the request takes effect and is never answered; `hang`: neither. `duplicate` is what a
   * create meets when the thing exists already; `denied` what a token without the permission meets.
   */
  kind: '429' | '500' | 'success-false' | 'html' | 'timeout-after-effect' | 'hang' | 'duplicate' | 'denied'
  /** Seconds in the Retry-After header. */
  retryAfter?: number
}

/** A moment around a request: before it is worked on, or after, with the answer made but not yet sent. */
export type Moment = 'before' | 'after'

type Interruption = { match: Match; callback: () => void | Promise<void>; moment: Moment | undefined }

type Answered = Exclude<Fault['kind'], 'timeout-after-effect' | 'hang'>

const answers: Record<Answered, { status: number; code: number; message: string }> = {
  '429': { status: 429, code: 10_429, message: 'Rate limited. Please wait and consider throttling your request speed' },
  '500': { status: 500, code: 1001, message: 'Internal server error' },
  'success-false': { status: 200, code: 1001, message: 'An internal error prevented the request' },
  html: { status: 200, code: 0, message: '<!doctype html><title>Just a moment…</title>' },
  duplicate: { status: 400, code: 81_057, message: 'The record already exists.' },
  denied: { status: 403, code: 10_000, message: 'Authentication error' },
}

/** The faults and interruptions that a test has asked for. */
export function createFaults() {
  const faults: (Fault & { left: number })[] = []
  const interruptions: Interruption[] = []

  return {
    add: (fault: Fault) => void faults.push({ ...fault, left: fault.times ?? 1 }),
    addInterruption: (match: Match, callback: () => void | Promise<void>, moment?: Moment) =>
      void interruptions.push({ match, callback, moment }),

    /** The fault for this request, used up once. */
    take(received: Received): Fault | undefined {
      const fault = faults.find((candidate) => candidate.left > 0 && matches(candidate.match, received))
      if (fault !== undefined) fault.left--
      return fault
    },

    async interrupt(received: Received, moment: Moment): Promise<void> {
      const usual = received.method === 'GET' ? 'after' : 'before'
      const index = interruptions.findIndex((due) => (due.moment ?? usual) === moment && matches(due.match, received))
      if (index !== -1) await interruptions.splice(index, 1)[0]?.callback()
    },

    answer(fault: Fault, received: Received, response: ServerResponse): void {
      const { status, code, message } = answerOf(fault.kind as Answered, received)
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
      if (fault.kind === 'html') {
        response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(message)
        return
      }
      const body = { success: false, errors: [{ code, message }], messages: [], result: null }
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    },
  }
}

function answerOf(kind: Answered, { path }: Received) {
  const isTunnel = kind === 'duplicate' && path.includes('/cfd_tunnel')
  return isTunnel ? { status: 409, code: 1013, message: 'You already have a tunnel with this name.' } : answers[kind]
}

const matches = (match: Match, { method, path }: Received) =>
  match instanceof RegExp ? match.test(`${method} ${path}`) : match(method, path)
