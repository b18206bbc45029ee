import { AppError } from '../errors.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import { CloudflareFailure, isNotFound } from './cloudflare-failure.ts'
import {
  hasRoute,
  type Route,
  refuseForeignRule,
  routeMark,
  routesOf,
  shadowOf,
  type TunnelConfig,
  withoutRoute,
  withRoute,
} from './cloudflare-ingress.ts'
import { createLock, retrying, type Timings } from './cloudflare-retry.ts'
import { type Tunnels, tunnelGone } from './cloudflare-tunnels.ts'

export type RouteOptions = {
  accountId: string
  instance: string
  serviceUrl: string
  log: (message: string) => void
  timings: Timings
}

type Versioned = { config: TunnelConfig; version: number | undefined }

/** Writes of one change before another program that keeps undoing it wins. */
const MOST_WRITES = 5

/**
 * The ingress rules of the tunnel. `PUT …/configurations` replaces the whole document and the last writer wins, so our
 * writes are serialised, each starts from a fresh read, and a change is done only when a read shows it.
 */
export function createRoutes(api: () => Promise<CloudflareApi>, tunnels: Tunnels, options: RouteOptions) {
  const { accountId: account_id, instance, serviceUrl, timings } = options
  const lock = createLock()
  /** The latest one only. */
  const lostWrites: string[] = []
  const markOf = (deploymentId: string) => routeMark(instance, deploymentId)

  async function read(tunnelId: string, signal?: AbortSignal): Promise<Versioned | undefined> {
    try {
      const { config, version } = await (await api()).configurations.get(tunnelId, { account_id }, { signal })
      return { config: (config ?? {}) as TunnelConfig, version }
    } catch (error) {
      if (!isNotFound(error)) throw error
      tunnels.forget()
      return undefined
    }
  }

  /** The current configuration; undefined when there is no tunnel, and so no route either. */
  async function current(signal?: AbortSignal): Promise<TunnelConfig | undefined> {
    const id = await tunnels.id(signal)
    if (id === undefined) return undefined
    return (await retrying(() => read(id, signal), timings, signal))?.config
  }

  async function write(tunnelId: string, before: Versioned, config: TunnelConfig, signal?: AbortSignal) {
    const body = config as { ingress?: { hostname: string; service: string }[] }
    try {
      const { version } = await (await api()).configurations.update(tunnelId, { account_id, config: body }, { signal })
      noteLostWrite(tunnelId, before.version, version)
    } catch (error) {
      if (error instanceof CloudflareFailure && !error.retryable) tunnels.forget()
      throw error
    }
  }

  /** Versions count up by one. A gap means that somebody wrote between our read and our write, and we replaced it. */
  function noteLostWrite(tunnelId: string, before: number | undefined, after: number | undefined) {
    if (before === undefined || after === undefined || after <= before + 1) return
    const note = `Another program changed the configuration of tunnel ${tunnelId} in the same moment as Slipway; its version ${after - 1} was replaced by ${after}. Look in Cloudflare's dashboard whether a route is missing.`
    lostWrites.splice(0, 1, note)
    options.log(note)
  }

  /** Reads, changes, writes, until a read shows that nothing is left to change. */
  async function settle(
    tunnelId: string,
    change: (config: TunnelConfig) => TunnelConfig,
    signal?: AbortSignal,
  ): Promise<'settled' | 'gone'> {
    for (let writes = 0; writes <= MOST_WRITES; writes++) {
      const before = await read(tunnelId, signal)
      if (before === undefined) return 'gone'
      const wanted = change(before.config)
      if (wanted === before.config) return 'settled'
      if (writes < MOST_WRITES) await write(tunnelId, before, wanted, signal)
    }
    throw new AppError(
      'cloudflare_rejected',
      `Another program keeps changing the configuration of tunnel ${tunnelId}: Slipway wrote ${MOST_WRITES} times and its change was gone again. Stop that program, then retry.`,
    )
  }

  return {
    lostWrites,

    add: (hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void> =>
      lock(async () => {
        const id = (await tunnels.id(signal)) ?? (await tunnels.ensure(signal)).id
        const wanted = { hostname, service: serviceUrl, mark: markOf(deploymentId) }
        const add = (config: TunnelConfig) => withRoute(config, wanted)
        if ((await retrying(() => settle(id, add, signal), timings, signal)) === 'gone') throw tunnelGone(id)
      }),

    remove: (hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void> =>
      lock(async () => {
        const id = await tunnels.id(signal)
        if (id === undefined) return
        const remove = (config: TunnelConfig) => withoutRoute(config, { hostname, mark: markOf(deploymentId) })
        await retrying(() => settle(id, remove, signal), timings, signal)
      }),

    async has(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<boolean> {
      return hasRoute((await current(signal)) ?? {}, { hostname, mark: markOf(deploymentId) })
    },

    async refuseForeign(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<void> {
      refuseForeignRule((await current(signal)) ?? {}, { hostname, mark: markOf(deploymentId) })
    },

    async list(signal?: AbortSignal): Promise<Route[]> {
      return routesOf((await current(signal)) ?? {}, instance)
    },

    /** Our hostnames that a rule of somebody else above ours takes the visitors of. */
    async shadowed(signal?: AbortSignal): Promise<{ hostname: string; by: string }[]> {
      const config = (await current(signal)) ?? {}
      return routesOf(config, instance).flatMap(({ hostname }) => {
        const by = shadowOf(config, hostname)
        return by === undefined ? [] : [{ hostname, by: `${by.hostname ?? '*'}${by.path ?? ''} → ${by.service}` }]
      })
    },
  }
}
