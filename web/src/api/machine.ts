import type { RepairInput } from '../../../server/http/schemas.ts'
import type {
  AuditView,
  DiskView,
  DomainView,
  ExaminationView,
  HealthView,
  PortsView,
  ReceiptView,
  RepairView,
  StatsView,
} from '../../../server/http/views.ts'
import { request } from './client.ts'

type Signal = AbortSignal | undefined

export const getStats = (signal?: Signal) => request<StatsView>('GET', '/api/stats', { signal })
export const getPorts = (signal?: Signal) => request<PortsView>('GET', '/api/ports', { signal })
/** `isFresh`: measured anew, instead of what was measured in the last minute. */
export const getDisk = (isFresh: boolean, signal?: Signal) =>
  request<DiskView>('GET', '/api/disk', { query: isFresh ? { fresh: 'true' } : {}, signal })
export const getDomains = (signal?: Signal) =>
  request<{ domains: DomainView[] }>('GET', '/api/domains', { signal }).then((it) => it.domains)
/** `isFresh`: Cloudflare is asked, too, if it was asked a minute ago. */
export const examine = (isFresh: boolean, signal?: Signal) =>
  request<ExaminationView>('GET', '/api/doctor', { query: isFresh ? { fresh: 'true' } : {}, signal })
/** Applies the remedies of the findings named; without ids, of all that are safe. */
export const repair = (ids?: string[]) =>
  request<RepairView>('POST', '/api/doctor/repair', { body: { ...(ids && { ids }) } satisfies RepairInput })
/** The newest first, at most `limit` (1,000), with `search` in the name, the subdomain or the repository. */
export const listReceipts = (query: { limit: number; search: string }, signal?: Signal) =>
  request<{ receipts: ReceiptView[] }>('GET', '/api/receipts', { query, signal }).then((it) => it.receipts)
export const listAudit = (limit: number, signal?: Signal) =>
  request<{ entries: AuditView[] }>('GET', '/api/audit', { query: { limit }, signal }).then((it) => it.entries)
/** Also answers when Slipway cannot deploy: `status` is then `degraded`. */
export const getHealth = (signal?: Signal) => request<HealthView>('GET', '/health', { signal, answer: 503 })
