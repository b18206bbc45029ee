import { randomBytes, randomUUID } from 'node:crypto'

export type Tunnel = {
  id: string
  name: string
  account_tag: string
  created_at: string
  deleted_at?: string
  status: 'inactive' | 'degraded' | 'healthy' | 'down'
  tun_type: 'cfd_tunnel'
  config_src: 'local' | 'cloudflare'
  remote_config: boolean
  connections: unknown[]
}
export type Rule = { hostname?: string; path?: string; service: string; [more: string]: unknown }
export type Config = { ingress?: Rule[]; [more: string]: unknown }
export type DnsRecord = {
  id: string
  type: string
  name: string
  content: string
  ttl: number
  proxied: boolean
  proxiable: boolean
  created_on: string
  modified_on: string
  comment?: string
  [more: string]: unknown
}
export type Access = 'edit' | 'read' | 'none'

/** All that the stand-in remembers. Tests look at it and preset it. */
export type State = {
  tunnels: Tunnel[]
  /** By tunnel id. `config` is null until the first write. */
  configurations: Record<string, { version: number; config: Config | null }>
  records: DnsRecord[]
  /** What the token may do. Of the zone itself it never needs more than to read it. */
  access: { tunnel: Access; dns: Access; zone?: Access }
  /** Cloudflare knows the token of an account by another address than the token of a user. */
  token: { owner: 'user' | 'account'; status: 'active' | 'disabled' | 'expired'; expires_on?: string }
  zoneStatus: 'active' | 'pending'
}

export const emptyState = (): State => ({
  tunnels: [],
  configurations: {},
  records: [],
  access: { tunnel: 'edit', dns: 'edit' },
  token: { owner: 'user', status: 'active' },
  zoneStatus: 'active',
})

export function addTunnel(state: State, accountId: string, tunnel: Partial<Tunnel> & { name: string }): Tunnel {
  const source = tunnel.config_src ?? 'local'
  const made: Tunnel = {
    id: randomUUID(),
    account_tag: accountId,
    created_at: new Date().toISOString(),
    status: 'inactive',
    tun_type: 'cfd_tunnel',
    connections: [],
    ...tunnel,
    config_src: source,
    remote_config: source === 'cloudflare',
  }
  state.tunnels.push(made)
  state.configurations[made.id] ??= { version: 0, config: null }
  return made
}

/** What another writer does: replaces the document and counts the version up, unchecked. */
export function putConfiguration(state: State, tunnelId: string, config: Config): void {
  const version = state.configurations[tunnelId]?.version ?? 0
  state.configurations[tunnelId] = { version: version + 1, config: structuredClone(config) }
}

export function addRecord(
  state: State,
  record: Partial<DnsRecord> & { type: string; name: string; content: string },
): DnsRecord {
  const now = new Date().toISOString()
  const made = {
    id: randomBytes(16).toString('hex'),
    ttl: 1,
    proxied: false,
    proxiable: ['A', 'AAAA', 'CNAME'].includes(record.type),
    created_on: now,
    modified_on: now,
    ...record,
    name: record.name.toLowerCase(),
  }
  state.records.push(made)
  return made
}
