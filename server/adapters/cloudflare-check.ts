import { toAppError } from '../errors.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import { CloudflareFailure, permissions } from './cloudflare-failure.ts'
import type { createRoutes } from './cloudflare-routes.ts'
import { type Tunnels, tunnelGone } from './cloudflare-tunnels.ts'

type Checked = {
  api: () => Promise<CloudflareApi>
  accountId: string
  zoneId: string
  tunnelId: string | undefined
  tunnels: Tunnels
  routes: ReturnType<typeof createRoutes>
}

/** Ids that nothing has: a change of them asks for the permission and changes nothing. */
const NO_TUNNEL = '00000000-0000-0000-0000-000000000000'
const NO_RECORD = '0'.repeat(32)

/** What is wrong, each as a sentence that says what to do. Empty when deploys can work. Changes nothing. */
export async function checkCloudflare(checked: Checked, signal?: AbortSignal): Promise<string[]> {
  const problems = [...(await dnsProblems(checked, signal)), ...(await tunnelProblems(checked, signal))]
  return [...new Set([...problems, ...checked.routes.lostWrites])]
}

async function dnsProblems({ api, zoneId: zone_id }: Checked, signal?: AbortSignal): Promise<string[]> {
  const { records } = await api()
  const readable = await problemOf(records.list({ zone_id, per_page: 1 }, { signal }), signal)
  if (readable !== undefined) return [readable]
  const name = 'permission-check.invalid'
  const body = { zone_id, type: 'TXT' as const, name, content: '"slipway"', ttl: 1 as const }
  return denialOf(records.edit(NO_RECORD, body, { signal }), permissions.dns, signal)
}

async function tunnelProblems(checked: Checked, signal?: AbortSignal): Promise<string[]> {
  const { api, accountId: account_id, tunnelId, tunnels, routes } = checked
  tunnels.forget()
  const found = tunnels.id(signal)
  const unreadable = await problemOf(found, signal)
  if (unreadable !== undefined) return [unreadable]
  if ((await found) === undefined && tunnelId !== undefined) return [tunnelGone(tunnelId).message]
  const edit = (await api()).tunnels.edit(NO_TUNNEL, { account_id, name: 'slipway-permission-check' }, { signal })
  const denied = await denialOf(edit, permissions.tunnel, signal)
  return denied.length > 0 ? denied : shadowProblems(routes, signal)
}

async function shadowProblems(routes: Checked['routes'], signal?: AbortSignal): Promise<string[]> {
  const looking = routes.shadowed(signal)
  const failed = await problemOf(looking, signal)
  if (failed !== undefined) return [failed]
  return (await looking).map(
    ({ hostname, by }) =>
      `The tunnel rule ${by} stands above ours and takes the visitors of ${hostname}. Redeploy the app to move its rule up.`,
  )
}

async function problemOf(call: PromiseLike<unknown>, signal?: AbortSignal): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    return toAppError(error).message
  }
}

/** The call is expected to fail because its object does not exist; only a refusal of the token counts. */
async function denialOf(call: PromiseLike<unknown>, permission: string, signal?: AbortSignal): Promise<string[]> {
  try {
    await call
    return []
  } catch (error) {
    signal?.throwIfAborted()
    const denied = error instanceof CloudflareFailure && error.code === 'cloudflare_denied'
    return denied ? [`The Cloudflare API token may read but not write: give it the permission ${permission}.`] : []
  }
}
