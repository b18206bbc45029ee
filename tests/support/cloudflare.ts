import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createFaults, type Fault, type Match, type Moment } from './cloudflare-faults.ts'
import { ApiError, operations } from './cloudflare-operations.ts'
import { loadSchema, type Matched, type Received } from './cloudflare-schema.ts'
import {
  type Access,
  addRecord,
  addTunnel,
  type Config,
  type DnsRecord,
  emptyState,
  putConfiguration,
  type State,
  type Tunnel,
} from './cloudflare-state.ts'

/** Compiling it takes most of a start, and it has no state. */
const schema = loadSchema()

/** What the stand-in takes as its one token, account and zone. */
export const token = 'stand-in-token-0123456789abcdefghijklmnop'
export const accountId = 'acc0'.repeat(8)
export const zoneId = 'd0e0'.repeat(8)

export type CloudflareStandIn = {
  url: string
  token: string
  accountId: string
  zoneId: string
  zoneName: string
  state: State & {
    putConfiguration(tunnelId: string, config: Config): void
    addRecord(record: Partial<DnsRecord> & { type: string; name: string; content: string }): DnsRecord
    addTunnel(tunnel: Partial<Tunnel> & { name: string }): Tunnel
    /** A deep copy of tunnels, configurations and records, to compare with a later one. */
    snapshot(): Pick<State, 'tunnels' | 'configurations' | 'records'>
  }
  /** Every request in the order it came, also those that were made to fail. */
  requests: (Received & { authorized: boolean })[]
  /** Where a request or an answer was not what the schema says. A test ends with this being empty. */
  violations: string[]
  /** Makes the next `times` (1) matching requests fail. A RegExp is matched with `METHOD /path`. */
  fail(fault: Fault): void
  /**
   * Lets another writer in, once. Without a moment: right after the answer to a matching read was made, or right before
   * a matching write takes effect.
   */
  between(match: Match, callback: () => void | Promise<void>, moment?: Moment): void
  stop(): Promise<void>
}

/**
 * Cloudflare's API for tunnels and DNS records on loopback. Requests that do not fit the published schema are answered
 * 400 in Cloudflare's form and noted. It has no doors of its own: all control is in this object.
 */
export async function startCloudflare(options: { port?: number; zoneName?: string } = {}): Promise<CloudflareStandIn> {
  const faults = createFaults()
  const state = emptyState()
  const zoneName = options.zoneName ?? 'example.com'
  const requests: CloudflareStandIn['requests'] = []
  const violations: string[] = []

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const received = await receive(request, violations)
    const authorized = request.headers.authorization === `Bearer ${token}`
    requests.push({ ...received, authorized })
    const fault = faults.take(received)
    if (fault?.kind === 'hang') return
    if (fault !== undefined && fault.kind !== 'timeout-after-effect') return faults.answer(fault, received, response)
    const matched = schema.match(received)
    await faults.interrupt(received, 'before')
    const reply = answer(received, matched, authorized)
    await faults.interrupt(received, 'after')
    if (fault?.kind === 'timeout-after-effect') return
    violations.push(...(matched?.violationsOf(reply.status, reply.body) ?? []))
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.text)
  }

  function answer(received: Received, matched: Matched | undefined, authorized: boolean) {
    try {
      const { result, ...more } = run(received, matched, authorized)
      return serialised(200, { success: true, errors: [], messages: [], result, ...more })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const problem = { code: error.code, message: error.message }
      return serialised(error.status, { success: false, errors: [problem], messages: [], result: null })
    }
  }

  function run(received: Received, matched: Matched | undefined, authorized: boolean) {
    if (!authorized) throw new ApiError(401, 1000, 'Invalid API Token')
    const operation = matched && operations[matched.operation]
    if (matched === undefined || operation === undefined) {
      violations.push(`${received.method} ${received.path}: no such operation`)
      throw new ApiError(404, 7000, 'No route for that URI')
    }
    if (matched.violations.length > 0) {
      violations.push(...matched.violations)
      throw new ApiError(400, 9207, `Request body is invalid. ${matched.violations.join('; ')}`)
    }
    const { account_id = accountId, zone_id = zoneId } = matched.params
    if (account_id !== accountId || zone_id !== zoneId)
      throw new ApiError(404, 7003, 'Could not route to that path, perhaps your object identifier is invalid?')
    refuseAccess(accessOf(matched.operation, state.access), received.method)
    return operation({
      state,
      params: matched.params,
      query: received.query,
      body: received.body,
      accountId,
      zoneId,
      zoneName,
    })
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      violations.push(`the stand-in failed: ${error instanceof Error ? error.stack : error}`)
      response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`,
    token,
    accountId,
    zoneId,
    zoneName,
    state: Object.assign(state, {
      putConfiguration: (tunnelId: string, config: Config) => putConfiguration(state, tunnelId, config),
      addRecord: (record: Parameters<typeof addRecord>[1]) => addRecord(state, record),
      addTunnel: (tunnel: Parameters<typeof addTunnel>[2]) =>
        addTunnel(state, accountId, { config_src: 'cloudflare', ...tunnel }),
      snapshot: () =>
        structuredClone({ tunnels: state.tunnels, configurations: state.configurations, records: state.records }),
    }),
    requests,
    violations,
    fail: faults.add,
    between: faults.addInterruption,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The text is made at once, so that another writer cannot change an answer that was already given. */
function serialised(status: number, body: object) {
  const text = JSON.stringify(body)
  return { status, text, body: JSON.parse(text) as unknown }
}

function accessOf(operation: string, access: State['access']): Access {
  if (operation.endsWith('/tokens/verify')) return 'read'
  if (operation.includes('/dns_records')) return access.dns
  return operation.includes('/zones/') ? (access.zone ?? 'read') : access.tunnel
}

function refuseAccess(granted: Access, method: string): void {
  if (granted === 'edit' || (granted === 'read' && method === 'GET')) return
  throw new ApiError(403, 10_000, 'Authentication error')
}

async function receive(request: IncomingMessage, violations: string[]): Promise<Received> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  const method = request.method ?? 'GET'
  if (text !== '' && request.headers['content-type'] !== 'application/json')
    violations.push(`${method} ${url.pathname}: a body without content-type application/json`)
  if (!url.pathname.startsWith('/client/v4/')) violations.push(`${method} ${url.pathname}: not under /client/v4`)
  return {
    method,
    path: url.pathname.replace('/client/v4', ''),
    query: Object.fromEntries(url.searchParams),
    body: text === '' ? undefined : JSON.parse(text),
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string' }, zone: { type: 'string' } } })
  const standIn = await startCloudflare({
    port: Number(values.port ?? 0),
    ...(values.zone === undefined ? {} : { zoneName: values.zone }),
  })
  console.log(JSON.stringify({ url: standIn.url, token, accountId, zoneId, zoneName: standIn.zoneName }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => standIn.stop())
}
