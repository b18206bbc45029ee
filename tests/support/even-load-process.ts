import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setPriority } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { EvenOutcome, Seen, Visitor } from './even-load.ts'

/** Is told by its parent whom to ask and when to stop, and answers what it saw (even-load.ts). */

const TIMEOUT_MS = 15_000

/** What is not allowed without root is left. */
function goFirst(): void {
  try {
    setPriority(-5)
    // Where the kernel shares the cores among sessions, a priority counts in its own session only (sched(7)).
    writeFileSync('/proc/self/autogroup', '-5')
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function visit(visitor: Visitor): { end(): Promise<Seen> } {
  const seen: Seen = { latencies: [], failures: [] }
  const open = new Set<Promise<void>>()
  const agent = visitor.fresh ? false : new Agent({ keepAlive: true })
  const period = 1000 / visitor.perSecond
  let next = performance.now() + Math.random() * period
  const timer = setInterval(() => {
    // As many as are due by now, so that the rate holds where the timer is late.
    for (; next <= performance.now(); next += period) {
      const asking: Promise<void> = ask(visitor, agent, seen).finally(() => open.delete(asking))
      open.add(asking)
    }
  }, 1)
  return {
    async end() {
      clearInterval(timer)
      await Promise.all(open)
      return seen
    },
  }
}

async function ask({ url, headers, body }: Visitor, agent: Agent | false, seen: Seen): Promise<void> {
  const began = performance.now()
  try {
    const status = await statusOf({ url, headers, body }, agent)
    seen.latencies.push(performance.now() - began)
    if (status < 200 || status > 299) throw new Error(`status ${status}`)
  } catch (error) {
    seen.failures.push(`${new Date().toISOString().slice(17, 23)} ${(error as Error).message}`)
  }
}

type Asked = { url: string; headers: Record<string, string>; body: string | undefined }

/** Once the whole answer is there. */
function statusOf({ url, headers, body }: Asked, agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent, headers, timeout: TIMEOUT_MS, method: body === undefined ? 'GET' : 'POST' })
    asking.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    asking.on('timeout', () => asking.destroy(new Error('no answer in time')))
    asking.on('error', reject)
    asking.end(body)
  })
}

goFirst()
process.once('disconnect', () => process.exit())
process.once('message', (visitors: Visitor[]) => {
  const late = monitorEventLoopDelay({ resolution: 1 })
  late.enable()
  const visits = visitors.map((it) => [it.name, visit(it)] as const)
  process.once('message', async () => {
    late.disable()
    const seen = Object.fromEntries(
      await Promise.all(visits.map(async ([name, it]) => [name, await it.end()] as const)),
    )
    process.send?.({ seen, lateMs: late.max / 1e6 } satisfies EvenOutcome, () => process.exit())
  })
})
