import { AppError } from '../errors.ts'
import type { Check } from './check.ts'
import { loadApi } from './cloudflare-api.ts'
import { checkCloudflare } from './cloudflare-check.ts'
import type { Route } from './cloudflare-ingress.ts'
import { answerFromLists } from './cloudflare-pass.ts'
import { createRecords } from './cloudflare-records.ts'
import { defaultTimings, once, retrying, type Timings } from './cloudflare-retry.ts'
import { createRoutes } from './cloudflare-routes.ts'
import { createTunnels, tunnelGone } from './cloudflare-tunnels.ts'

export type CloudflareOptions = {
  apiToken: string
  accountId: string
  zoneId: string
  /** Otherwise the tunnel is found by its name, or created. */
  tunnelId?: string | undefined
  /** Default: Cloudflare's own. */
  baseUrl?: string | undefined
  /** The tunnel is named `slipway-<instance>`, or `slipway` for the instance of that name. */
  instance: string
  /** What the apps' names end in: the check compares it with the zone's name. */
  domain?: string
  /** Where cloudflared sends visitors: nginx, as `http://host:port` without a path. */
  serviceUrl: string
  /** Keeps the tunnel's id across restarts. */
  rememberTunnel?: { load(): Promise<string | undefined>; save(id: string): Promise<void> }
  log?: (message: string) => void
  timings?: Partial<Timings>
}

/**
 * What Slipway does at Cloudflare. Hostnames are whole (`app.example.com`) and compared without case. Adding what is
 * there and removing what is not both succeed, and nothing without our mark for that deployment is changed or removed.
 *
 * Every method rejects with an AppError: `cloudflare_denied` (the message names the permission that is missing),
 * `cloudflare_unavailable` (after bounded retries) or `cloudflare_rejected`; or with the reason of the aborted signal.
 */
export type Cloudflare = {
  /** @throws AppError tunnel_not_found when the configured tunnel is gone. Twice at once creates one. */
  ensureTunnel(signal?: AbortSignal): Promise<{ id: string; name: string; created: boolean }>
  /** The secret that cloudflared runs with. */
  tunnelToken(signal?: AbortSignal): Promise<string>
  /** @throws AppError dns_record_foreign or tunnel_route_foreign when the hostname is somebody else's. Changes nothing. */
  checkHostname(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void>
  /** Also corrects our route: other service, or shadowed by a wildcard. @throws AppError tunnel_route_foreign */
  addRoute(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void>
  removeRoute(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void>
  hasRoute(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<boolean>
  /** Also points our record at the present tunnel. @throws AppError dns_record_foreign */
  addRecord(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void>
  removeRecord(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void>
  hasRecord(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<boolean>
  /** Routes with the mark of our instance. */
  listRoutes(signal?: AbortSignal): Promise<Route[]>
  /** Records with the mark of our instance. */
  listRecords(signal?: AbortSignal): Promise<{ hostname: string; id: string; deploymentId: string }[]>
  /** Token, permissions, zone, tunnel, routes: all that deploys need, tried one by one within the time of the signal. */
  inspect(signal?: AbortSignal): Promise<Check[]>
  /** What `inspect` found wrong, each once, as sentences. Empty when all is well. */
  check(signal?: AbortSignal): Promise<{ problems: string[] }>
  /**
   * The same adapter for one pass over many deployments: `hasRoute`, `hasRecord` and the lists answer from two lists, asked
   * for once and again after a change made through it; `inspect` is asked once. One at a time, a look at each app every minute would use up Cloudflare's
   * 1,200 requests per 5 minutes at 120 apps.
   */
  forOnePass(): Cloudflare
}

/** Makes the adapter. Nothing is loaded and nothing is asked before the first call. */
export function createCloudflare(options: CloudflareOptions): Cloudflare {
  const { accountId, zoneId, instance, serviceUrl, tunnelId } = options
  refuseServiceUrl(serviceUrl)
  const log = options.log ?? (() => undefined)
  const timings = { ...defaultTimings, ...options.timings }
  const api = once(() =>
    loadApi({ apiToken: options.apiToken, baseUrl: options.baseUrl, timeoutMs: timings.timeoutMs }),
  )
  const name = instance === 'slipway' ? 'slipway' : `slipway-${instance}`
  const remember = options.rememberTunnel
  const tunnels = createTunnels(api, { accountId, tunnelId, name, remember, log, timings })
  const routes = createRoutes(api, tunnels, { accountId, instance, serviceUrl, log, timings })
  const records = createRecords(api, { zoneId, instance, timings })

  const inspect = (signal?: AbortSignal) =>
    checkCloudflare({ api, accountId, zoneId, domain: options.domain, tunnelId, tunnels, routes }, signal)

  const ensuredId = async (signal?: AbortSignal) => (await tunnels.id(signal)) ?? (await tunnels.ensure(signal)).id

  const cloudflare: Cloudflare = {
    ensureTunnel: tunnels.ensure,
    async tunnelToken(signal) {
      const id = await ensuredId(signal)
      const get = async () => (await api()).token.get(id, { account_id: accountId }, { signal })
      const token = await retrying(get, timings, signal)
      if (typeof token !== 'string' || token === '') throw tunnelGone(id)
      return token
    },
    async checkHostname(hostname, deploymentId, signal) {
      await records.refuseForeign(hostname, deploymentId, signal)
      await routes.refuseForeign(hostname, deploymentId, signal)
    },
    addRoute: routes.add,
    removeRoute: routes.remove,
    hasRoute: routes.has,
    async addRecord(hostname, deploymentId, signal) {
      await records.add(hostname, deploymentId, await ensuredId(signal), signal)
    },
    removeRecord: records.remove,
    hasRecord: records.has,
    listRoutes: routes.list,
    listRecords: records.list,
    inspect,
    async check(signal) {
      const wrong = (await inspect(signal)).filter((it) => !it.ok)
      return { problems: [...new Set(wrong.map((it) => it.message))] }
    },
    forOnePass: () => answerFromLists(cloudflare),
  }
  return cloudflare
}

/** The mark of our routes has no effect for http only, and cloudflared refuses a service with a path. */
function refuseServiceUrl(serviceUrl: string): void {
  if (/^http:\/\/[^/]+$/.test(serviceUrl)) return
  throw new AppError('invalid_input', `The service behind the tunnel must be http://host:port, not “${serviceUrl}”.`)
}
