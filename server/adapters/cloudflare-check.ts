import { AppError, toAppError } from '../errors.ts'
import { type Check, createTry, type Try } from './check.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import { CloudflareFailure, permissions } from './cloudflare-failure.ts'
import type { createRoutes } from './cloudflare-routes.ts'
import { verifyToken } from './cloudflare-token.ts'
import { type Tunnels, tunnelGone } from './cloudflare-tunnels.ts'
import { describeZone } from './cloudflare-zone.ts'

type Checked = {
  api: () => Promise<CloudflareApi>
  accountId: string
  zoneId: string
  /** What the apps' names end in. */
  domain: string | undefined
  tunnelId: string | undefined
  tunnels: Tunnels
  routes: ReturnType<typeof createRoutes>
}

/** Ids that nothing has: a change of them asks for the permission and changes nothing. */
const NO_TUNNEL = '00000000-0000-0000-0000-000000000000'
const NO_RECORD = '0'.repeat(32)

const LATE = 'Cloudflare did not answer in time. Check the network and www.cloudflarestatus.com, then try again.'

/**
 * All that deploys need of Cloudflare, tried one by one: the token, its permissions, the zone, the tunnel. Changes
 * nothing, and rejects never. Several checks can have the same message: mend that, and look again.
 */
export async function checkCloudflare(checked: Checked, signal?: AbortSignal): Promise<Check[]> {
  const attempt = createTry(LATE, (error) => toAppError(error).message, signal)
  const token = await attempt('API token', [], async () => verifyToken(await checked.api(), checked.accountId, signal))
  const [zone, tunnel] = await Promise.all([
    checkZone(checked, attempt, token, signal),
    checkTunnel(checked, attempt, token, signal),
  ])
  return [token, ...zone, ...tunnel]
}

async function checkZone(checked: Checked, attempt: Try, token: Check, signal?: AbortSignal): Promise<Check[]> {
  const { zoneId: zone_id, domain } = checked
  const api = await checked.api()
  let found: unknown
  const zone = await attempt('Zone', [token], async () => {
    found = await api.get(`/zones/${zone_id}`, { signal })
    return 'The zone answers.'
  })
  const fits = await attempt('SLIPWAY_DOMAIN', [zone], async () => describeZone(found, domain))
  const read = await attempt('Zone → DNS → Read', [zone], async () => {
    await api.records.list({ zone_id, per_page: 1 }, { signal })
    return 'The token may read DNS records.'
  })
  const edit = await attempt(permissions.dns, [read], async () => {
    const body = { type: 'TXT' as const, name: 'permission-check.invalid', content: '"slipway"', ttl: 1 as const }
    await mayEdit(api.records.edit(NO_RECORD, { zone_id, ...body }, { signal }), permissions.dns)
    return 'The token may change DNS records.'
  })
  return [zone, fits, read, edit]
}

async function checkTunnel(checked: Checked, attempt: Try, token: Check, signal?: AbortSignal): Promise<Check[]> {
  const { accountId: account_id, routes } = checked
  const api = await checked.api()
  const read = await attempt('Account → Cloudflare Tunnel → Read', [token], async () => {
    await api.tunnels.list({ account_id, is_deleted: false, per_page: 1 }, { signal })
    return 'The token may read tunnels.'
  })
  const edit = await attempt(permissions.tunnel, [read], async () => {
    const change = api.tunnels.edit(NO_TUNNEL, { account_id, name: 'slipway-permission-check' }, { signal })
    await mayEdit(change, permissions.tunnel)
    return 'The token may make tunnels and change their routes.'
  })
  const tunnel = await attempt('Tunnel', [read], () => findTunnel(checked, signal))
  let shadowed: { hostname: string; by: string }[] = []
  const rules = await attempt('Tunnel rules', [tunnel], async () => {
    shadowed = await routes.shadowed(signal)
    return 'No rule of others takes the visitors of an app.'
  })
  const problem = (message: string) => ({ name: rules.name, ok: false, message })
  const wrong = [
    ...shadowed.map((it) => ({ ...problem(tellShadow(it)), hostname: it.hostname })),
    ...[...routes.lostWrites].map(problem),
  ]
  return [read, edit, tunnel, ...(rules.ok && wrong.length > 0 ? wrong : [rules, ...wrong])]
}

const tellShadow = ({ hostname, by }: { hostname: string; by: string }) =>
  `The tunnel rule ${by} stands above ours and takes the visitors of ${hostname}. Redeploy the app to move its rule up.`

async function findTunnel({ tunnels, tunnelId }: Checked, signal?: AbortSignal): Promise<string> {
  tunnels.forget()
  const id = await tunnels.id(signal)
  if (id === undefined && tunnelId !== undefined) throw tunnelGone(tunnelId)
  return id === undefined ? 'There is none yet. The first deploy makes it.' : `The tunnel is ${id}.`
}

/** The change fails, because its object does not exist. What counts is that it was not refused, and was answered. */
async function mayEdit(change: PromiseLike<unknown>, permission: string): Promise<void> {
  try {
    await change
  } catch (error) {
    if (!(error instanceof CloudflareFailure) || error.code === 'cloudflare_unavailable') throw error
    if (error.code !== 'cloudflare_denied') return
    const message = `The Cloudflare API token may read but not write: give it the permission ${permission}.`
    throw new AppError('cloudflare_denied', message, { cause: error })
  }
}
