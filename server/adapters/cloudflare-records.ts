import { AppError } from '../errors.ts'
import { markOf } from '../names.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import { hasCode, isNotFound } from './cloudflare-failure.ts'
import { retrying, type Timings } from './cloudflare-retry.ts'

export type RecordOptions = { zoneId: string; instance: string; timings: Timings }

type DnsRecord = { id: string; name: string; type: string; content?: string; proxied?: boolean; comment?: string }

/** 81053: an A, AAAA or CNAME with that host exists; 81054: a CNAME exists; 81057: the same record exists. */
const DUPLICATE = [81053, 81054, 81057]
/** Cannot stand beside a CNAME (schema: notes of "Create DNS Record"). TXT, MX and the like can, and stay untouched. */
const CONFLICTING = ['A', 'AAAA', 'CNAME', 'NS']
const TUNNEL_DOMAIN = '.cfargotunnel.com'
const PAGE_SIZE = 1000

/** The CNAME records that point at the tunnel, each with our mark as its comment. */
export function createRecords(api: () => Promise<CloudflareApi>, options: RecordOptions) {
  const { zoneId: zone_id, instance, timings } = options

  /** Exact filters are case-insensitive at Cloudflare; we compare again all the same. */
  async function atName(hostname: string, signal?: AbortSignal): Promise<DnsRecord[]> {
    const page = await (await api()).records.list({ zone_id, name: { exact: hostname }, per_page: 100 }, { signal })
    return ((page.result ?? []) as DnsRecord[]).filter((record) => sameName(record.name, hostname))
  }

  const isMine = (record: DnsRecord, deploymentId: string) =>
    pointsAtTunnel(record) && record.comment === markOf(instance, deploymentId)

  function refuseForeignAmong(records: DnsRecord[], hostname: string, deploymentId: string): void {
    const foreign = records.find((record) => CONFLICTING.includes(record.type) && !isMine(record, deploymentId))
    if (foreign === undefined) return
    throw new AppError(
      'dns_record_foreign',
      `A DNS record for ${hostname} (${foreign.type} ${foreign.content ?? ''}) exists and was not made for this deployment. Choose another subdomain, or delete that record in Cloudflare's dashboard.`,
      { field: 'subdomain' },
    )
  }

  /** Looks, then acts: after a lost answer or a duplicate the next attempt finds the record and adopts it. */
  async function addOnce(hostname: string, deploymentId: string, tunnelId: string, signal?: AbortSignal) {
    const records = await atName(hostname, signal)
    refuseForeignAmong(records, hostname, deploymentId)
    const wanted = {
      type: 'CNAME' as const,
      name: hostname,
      content: `${tunnelId}${TUNNEL_DOMAIN}`,
      proxied: true,
      ttl: 1 as const,
      comment: markOf(instance, deploymentId),
    }
    const [mine] = records.filter((record) => isMine(record, deploymentId))
    const { records: dns } = await api()
    if (mine === undefined) {
      const made = (await dns.create({ zone_id, ...wanted }, { signal })) as DnsRecord
      await refuseOtherZone(made, hostname, signal)
    } else if (mine.content !== wanted.content || mine.proxied !== true) {
      await dns.edit(mine.id, { zone_id, ...wanted }, { signal })
    }
  }

  /** Cloudflare completes a name outside the zone with the zone's own: `a.other.com` becomes `a.other.com.zone.com`. */
  async function refuseOtherZone(made: DnsRecord, hostname: string, signal?: AbortSignal) {
    if (sameName(made.name, hostname)) return
    await deleteRecord(made.id, signal)
    throw new AppError(
      'cloudflare_rejected',
      `${hostname} does not belong to the zone of CLOUDFLARE_ZONE_ID: Cloudflare made it ${made.name}. Correct SLIPWAY_DOMAIN or the zone.`,
    )
  }

  async function deleteRecord(id: string, signal?: AbortSignal) {
    try {
      await (await api()).records.delete(id, { zone_id }, { signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async function removeOnce(hostname: string, deploymentId: string, signal?: AbortSignal) {
    for (const record of await atName(hostname, signal)) {
      if (isMine(record, deploymentId)) await deleteRecord(record.id, signal)
    }
  }

  async function listPage(page: number, signal?: AbortSignal) {
    const comment = { startswith: markOf(instance, '') }
    const answer = await (await api()).records.list({ zone_id, comment, page, per_page: PAGE_SIZE }, { signal })
    return (answer.result ?? []) as DnsRecord[]
  }

  return {
    async add(hostname: string, deploymentId: string, tunnelId: string, signal?: AbortSignal): Promise<void> {
      const attempt = () => addOnce(hostname, deploymentId, tunnelId, signal)
      // A duplicate says that the look was out of date: the second attempt looks again and adopts or refuses.
      const attemptTwice = () =>
        attempt().catch((error) => (hasCode(error, DUPLICATE) ? attempt() : Promise.reject(error)))
      await retrying(attemptTwice, timings, signal)
    },

    remove: (hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void> =>
      retrying(() => removeOnce(hostname, deploymentId, signal), timings, signal),

    async has(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<boolean> {
      const records = await retrying(() => atName(hostname, signal), timings, signal)
      return records.some((record) => isMine(record, deploymentId))
    },

    async refuseForeign(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void> {
      refuseForeignAmong(await retrying(() => atName(hostname, signal), timings, signal), hostname, deploymentId)
    },

    async list(signal?: AbortSignal): Promise<{ hostname: string; id: string; deploymentId: string }[]> {
      const prefix = markOf(instance, '')
      const found: DnsRecord[] = []
      for (let page = 1, full = true; full; page++) {
        const records = await retrying(() => listPage(page, signal), timings, signal)
        found.push(...records)
        full = records.length === PAGE_SIZE
      }
      return found
        .filter((record) => pointsAtTunnel(record) && record.comment?.startsWith(prefix))
        .map(({ id, name, comment = '' }) => ({
          id,
          hostname: name.toLowerCase(),
          deploymentId: comment.slice(prefix.length),
        }))
    },
  }
}

const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

const pointsAtTunnel = (record: DnsRecord) =>
  record.type === 'CNAME' && (record.content?.toLowerCase().endsWith(TUNNEL_DOMAIN) ?? false)
