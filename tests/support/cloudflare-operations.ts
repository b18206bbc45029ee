import {
  addRecord,
  addTunnel,
  type Config,
  type DnsRecord,
  putConfiguration,
  type Rule,
  type State,
  type Tunnel,
} from './cloudflare-state.ts'

/** An answer in Cloudflare's error form. The codes are the documented ones where there are any. */
export class ApiError extends Error {
  readonly status: number
  readonly code: number
  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export type Call = {
  state: State
  params: Record<string, string>
  query: Record<string, string>
  body: unknown
  accountId: string
  zoneId: string
  zoneName: string
}
type Reply = { result: unknown; result_info?: unknown }

/** What each operation of the schema does. One that is missing here is answered with an error and noted as a violation. */
export const operations: Record<string, (call: Call) => Reply> = {
  'GET /user/tokens/verify': (call) => verifyToken(call, 'user'),
  'GET /accounts/{account_id}/tokens/verify': (call) => verifyToken(call, 'account'),

  'GET /zones/{zone_id}': ({ state, accountId, zoneId, zoneName }) => ({
    result: {
      id: zoneId,
      name: zoneName,
      status: state.zoneStatus,
      paused: false,
      type: 'full',
      name_servers: ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'],
      account: { id: accountId, name: 'Stand-in' },
    },
  }),

  'GET /accounts/{account_id}/cfd_tunnel': ({ state, query }) => {
    known(query, ['name', 'is_deleted', 'uuid', 'page', 'per_page'])
    const wanted = state.tunnels.filter(
      (tunnel) =>
        (query.name === undefined || tunnel.name === query.name) &&
        (query.uuid === undefined || tunnel.id === query.uuid) &&
        (query.is_deleted === undefined || (tunnel.deleted_at !== undefined) === (query.is_deleted === 'true')),
    )
    return page(wanted, query, 20)
  },

  'POST /accounts/{account_id}/cfd_tunnel': ({ state, body, accountId }) => {
    const wanted = body as Partial<Tunnel> & { name: string }
    if (state.tunnels.some((tunnel) => tunnel.name === wanted.name && tunnel.deleted_at === undefined))
      throw new ApiError(409, 1013, 'You already have a tunnel with this name.')
    return { result: addTunnel(state, accountId, wanted) }
  },

  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}': (call) => ({ result: tunnelOf(call, true) }),

  'PATCH /accounts/{account_id}/cfd_tunnel/{tunnel_id}': (call) => ({
    result: Object.assign(tunnelOf(call), { name: (call.body as { name: string }).name }),
  }),

  'DELETE /accounts/{account_id}/cfd_tunnel/{tunnel_id}': (call) => {
    const tunnel = tunnelOf(call)
    if (tunnel.status === 'healthy') throw new ApiError(400, 1022, 'The tunnel has active connections.')
    return { result: Object.assign(tunnel, { deleted_at: new Date().toISOString() }) }
  },

  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}/token': (call) => ({
    result: Buffer.from(JSON.stringify({ a: call.accountId, t: tunnelOf(call).id, s: 'secret' })).toString('base64'),
  }),

  'GET /accounts/{account_id}/cfd_tunnel/{tunnel_id}/configurations': configurationOf,

  'PUT /accounts/{account_id}/cfd_tunnel/{tunnel_id}/configurations': (call) => {
    const { id } = tunnelOf(call)
    const config = (call.body as { config?: Config }).config ?? {}
    refuseBadIngress(config.ingress)
    putConfiguration(call.state, id, config)
    return configurationOf(call)
  },

  'GET /zones/{zone_id}/dns_records': ({ state, query }) => {
    known(query, ['name', 'name.exact', 'type', 'comment.startswith', 'comment.exact', 'page', 'per_page'])
    const same = (filter: string | undefined, value: string) => filter === undefined || filter.toLowerCase() === value
    const wanted = state.records.filter((record) => {
      const comment = (record.comment ?? '').toLowerCase()
      return (
        same(query.name, record.name) &&
        same(query['name.exact'], record.name) &&
        (query.type === undefined || query.type === record.type) &&
        same(query['comment.exact'], comment) &&
        comment.startsWith((query['comment.startswith'] ?? '').toLowerCase())
      )
    })
    return page(wanted, query, 100)
  },

  'POST /zones/{zone_id}/dns_records': ({ state, body, zoneName }) => {
    const wanted = body as DnsRecord
    const name = wanted.name.toLowerCase()
    const whole = name === zoneName || name.endsWith(`.${zoneName}`) ? name : `${name}.${zoneName}`
    refuseDuplicate(state, { ...wanted, name: whole })
    return { result: addRecord(state, { ...wanted, name: whole }) }
  },

  'PUT /zones/{zone_id}/dns_records/{dns_record_id}': changeRecord,
  'PATCH /zones/{zone_id}/dns_records/{dns_record_id}': changeRecord,
  'GET /zones/{zone_id}/dns_records/{dns_record_id}': (call) => ({ result: recordOf(call) }),

  'DELETE /zones/{zone_id}/dns_records/{dns_record_id}': (call) => {
    const record = recordOf(call)
    call.state.records.splice(call.state.records.indexOf(record), 1)
    return { result: { id: record.id } }
  },
}

function verifyToken({ state }: Call, owner: 'user' | 'account'): Reply {
  const { owner: real, ...token } = state.token
  if (real !== owner) throw new ApiError(401, 1000, 'Invalid API Token')
  return { result: { id: 'ed17'.repeat(8), ...token } }
}

function tunnelOf({ state, params }: Call, deletedToo = false): Tunnel {
  const tunnel = state.tunnels.find((candidate) => candidate.id === params.tunnel_id)
  if (tunnel === undefined || (tunnel.deleted_at !== undefined && !deletedToo))
    throw new ApiError(404, 1003, 'Tunnel not found.')
  return tunnel
}

function configurationOf(call: Call): Reply {
  const tunnel = tunnelOf(call)
  const { version, config } = call.state.configurations[tunnel.id] ?? { version: 0, config: null }
  return { result: { tunnel_id: tunnel.id, account_id: call.accountId, version, config, source: tunnel.config_src } }
}

function recordOf({ state, params }: Call): DnsRecord {
  const record = state.records.find((candidate) => candidate.id === params.dns_record_id)
  if (record === undefined) throw new ApiError(404, 81044, 'Record does not exist.')
  return record
}

function changeRecord(call: Call): Reply {
  return { result: Object.assign(recordOf(call), call.body, { modified_on: new Date().toISOString() }) }
}

/** The codes of a create that meets a record with the same name (Cloudflare's DNS API error codes). */
function refuseDuplicate({ records }: State, wanted: DnsRecord): void {
  const there = records.filter((record) => record.name === wanted.name)
  const twin = there.some((record) => record.type === wanted.type && record.content === wanted.content)
  if (twin) throw new ApiError(400, 81057, 'The record already exists.')
  if (there.some((record) => record.type === 'NS'))
    throw new ApiError(400, 81056, 'NS records with that host already exist.')
  if (wanted.type === 'CNAME' && there.some((record) => ['A', 'AAAA', 'CNAME'].includes(record.type)))
    throw new ApiError(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.')
  if (['A', 'AAAA'].includes(wanted.type) && there.some((record) => record.type === 'CNAME'))
    throw new ApiError(400, 81054, 'A CNAME record with that host already exists.')
}

/** cloudflared's own rule: the last rule, and only the last, matches everything (`validateHostname`). */
function refuseBadIngress(rules: Rule[] | undefined): void {
  if (rules === undefined) return
  const catchesAll = (rule: Rule) => (!rule.hostname || rule.hostname === '*') && !rule.path
  const first = rules.findIndex(catchesAll)
  if (rules.length === 0 || first !== rules.length - 1)
    throw new ApiError(400, 1056, 'Bad Configuration: The last ingress rule, and only it, must match all URLs.')
}

function page(all: unknown[], query: Record<string, string>, usual: number): Reply {
  const size = Number(query.per_page ?? usual)
  const number = Number(query.page ?? 1)
  const result = all.slice((number - 1) * size, number * size)
  return { result, result_info: { count: result.length, page: number, per_page: size, total_count: all.length } }
}

/** A filter that is ignored would answer too much. */
function known(query: Record<string, string>, filters: string[]): void {
  const unknown = Object.keys(query).filter((name) => !filters.includes(name))
  if (unknown.length > 0) throw new ApiError(501, 7000, `The stand-in has no filter ${unknown.join(', ')}.`)
}
