import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Slipway } from './slipway.ts'

/** Who is asked, how often, and with what. */
export type Visitor = {
  name: string
  url: string
  headers: Record<string, string>
  body?: string
  /** A connection for each request, instead of some that are kept. */
  fresh?: boolean
  perSecond: number
}

/** Milliseconds from request to answer, and what went wrong. */
export type Seen = { latencies: number[]; failures: string[] }

/** What each visitor saw, by name. `lateMs`: how late the load itself was when it was latest, as no fault of who is asked. */
export type EvenOutcome = { seen: Record<string, Seen>; lateMs: number }

/**
 * Asks at an even rate, however long the answers take. A load that waits for answers asks least when they are slow, and
 * one that never pauses measures how the cores are shared, not how long somebody waits. It is a process of its own, which
 * goes before others where the kernel lets it, so that it does not measure itself.
 */
export function startEvenLoad(visitors: Visitor[]): { stop(): Promise<EvenOutcome> } {
  const file = path.join(import.meta.dirname, 'even-load-process.ts')
  const child = fork(file, { detached: true, execArgv: [], serialization: 'advanced' })
  child.send(visitors)
  return {
    async stop() {
      const over = Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => refuse(code))])
      child.send('stop')
      const [outcome] = await over
      return outcome as EvenOutcome
    },
  }
}

function refuse(code: unknown): never {
  throw new Error(`the load ended by itself with ${code}`)
}

const BODY = 'x'.repeat(2000)

/** A hundred requests a second for an app, as a busy one on a small machine has them. */
export function visitorsOfApp({ httpPort }: Slipway, hostname: string): Visitor[] {
  const app = { url: `http://127.0.0.1:${httpPort}/`, headers: { host: hostname } }
  return [
    { ...app, name: 'GET, kept connections', perSecond: 40 },
    { ...app, name: 'POST, kept connections', perSecond: 30, body: BODY },
    { ...app, name: 'GET, new connections', perSecond: 20, fresh: true },
    { ...app, name: 'POST, new connections', perSecond: 10, fresh: true, body: BODY },
  ]
}

/** Slipway's API, ten times a second. */
export const visitorOfApi = ({ url, token }: Slipway): Visitor => ({
  name: API,
  url: `${url}/api/deployments`,
  headers: { authorization: `Bearer ${token}` },
  perSecond: 10,
})

const API = 'API'

/** What the visitors of the app saw, and those of the API. */
export function byWhom({ seen }: EvenOutcome): { app: Seen; api: Seen } {
  const { [API]: api = { latencies: [], failures: [] }, ...others } = seen
  const all = Object.values(others)
  return {
    app: { latencies: all.flatMap((it) => it.latencies), failures: all.flatMap((it) => it.failures) },
    api,
  }
}

/** The latency that this share of the answers does not pass. */
export function quantile(latencies: number[], share: number): number {
  const sorted = latencies.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
