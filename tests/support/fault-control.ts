import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Asked, FaultKind } from './fault-proxy.ts'

export type Adapter = 'docker' | 'git' | 'cloudflare' | 'github' | 'nginx' | 'file' | 'clock'
/** One kind of call that one step makes. */
export type Point = { way: string; step: string; adapter: Adapter; kind: 'read' | 'write' }
/** What is to go wrong with the next such call of an app; with `lasting` all of them until it is disarmed. */
export type Armed = Point & { app: string; fault: FaultKind; lasting?: boolean; hits: number }

/** What the server gives up only when its time is over: docker-modem does not notice an answer that breaks off, either. */
const ENDLESS = new Set<FaultKind>(['hangs', 'breaks off'])
const READS = new Set(['GET', 'HEAD'])

const fits = (armed: Armed, point: Point, app: string) =>
  armed.app === app &&
  armed.way === point.way &&
  armed.step === point.step &&
  armed.adapter === point.adapter &&
  armed.kind === point.kind &&
  (armed.lasting || armed.hits === 0)

/** Knows which calls the server makes, and which of them go wrong. */
export async function startFaultControl() {
  const armed = new Set<Armed>()
  const points = new Map<string, Point>()

  function decide(point: Point, app: string): FaultKind | undefined {
    const { way, step, adapter, kind } = point
    points.set(`${way} ${step} ${adapter} ${kind}`, { way, step, adapter, kind })
    const found = [...armed].find((it) => fits(it, point, app))
    if (found) found.hits++
    const hangs = (it: Armed) => ENDLESS.has(it.fault) && it.app === app && it.step === step && it.way === way
    if (!found && adapter === 'clock' && [...armed].some(hangs)) return 'hurries'
    return found?.fault
  }

  const server = createServer((incoming, response) => {
    const query = new URL(incoming.url ?? '/', 'http://localhost').searchParams
    const { app = '', what: _, ...point } = Object.fromEntries(query)
    response.end(decide(point as Point, app) ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** What the server has called so far, each kind once. */
    points: () => [...points.values()],
    forget: () => points.clear(),
    arm(fault: Omit<Armed, 'hits'>): Armed {
      const added = { ...fault, hits: 0 }
      armed.add(added)
      return added
    },
    disarm: (fault: Armed) => void armed.delete(fault),
    /** For the proxy before a service. Git's calls carry no mark: the repository's name is that of its app. */
    takeFor:
      (adapter: Adapter) =>
      ({ method, path, mark }: Asked): FaultKind | undefined => {
        if (adapter === 'git') {
          const point = { way: 'apply', step: 'check-out', adapter, kind: 'read' } as const
          return decide(point, path.split('/')[1] ?? '')
        }
        if (mark === undefined) return undefined
        const [way = '', step = '', app = ''] = mark.split(' ')
        return decide({ way, step, adapter, kind: READS.has(method) ? 'read' : 'write' }, app)
      },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type FaultControl = Awaited<ReturnType<typeof startFaultControl>>
