import { AppError } from '../errors.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import { hasCode, isNotFound } from './cloudflare-failure.ts'
import { createLock, retrying, type Timings } from './cloudflare-retry.ts'

export type TunnelOptions = {
  accountId: string
  tunnelId: string | undefined
  name: string
  remember: { load(): Promise<string | undefined>; save(id: string): Promise<void> } | undefined
  log: (message: string) => void
  timings: Timings
}

type Found = { id: string; name: string }
type Listed = { id?: string; name?: string; deleted_at?: string; config_src?: string; remote_config?: boolean }

/** "You already have a tunnel with this name." */
const NAME_TAKEN = [1013]

export type Tunnels = ReturnType<typeof createTunnels>

/** Finds the one tunnel of this instance, by its id, by the remembered id, or by its name, and creates it when asked. */
export function createTunnels(api: () => Promise<CloudflareApi>, options: TunnelOptions) {
  const { accountId: account_id, name, timings } = options
  const lock = createLock()
  let known: string | undefined

  async function byId(id: string, signal?: AbortSignal): Promise<Found | undefined> {
    try {
      const tunnel: Listed = await (await api()).tunnels.get(id, { account_id }, { signal })
      return tunnel.deleted_at ? undefined : usable(tunnel)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async function byName(signal?: AbortSignal): Promise<Found | undefined> {
    const page = await (await api()).tunnels.list({ account_id, name, is_deleted: false }, { signal })
    const listed: Listed[] = page.result ?? []
    const tunnel = listed.find((candidate) => candidate.name === name && !candidate.deleted_at)
    return tunnel && usable(tunnel)
  }

  async function find(signal?: AbortSignal): Promise<Found | undefined> {
    if (options.tunnelId !== undefined) return byId(options.tunnelId, signal)
    const remembered = known ?? (await options.remember?.load())
    const found = remembered === undefined ? undefined : await byId(remembered, signal)
    if (remembered !== undefined && found === undefined) options.log(`The tunnel ${remembered} is gone`)
    return found ?? byName(signal)
  }

  async function keep(found: Found | undefined): Promise<Found | undefined> {
    if (found !== undefined && found.id !== known) await options.remember?.save(found.id)
    known = found?.id
    return found
  }

  /** Each attempt looks first, so that a creation whose answer was lost is found and not repeated. */
  async function ensureOnce(signal?: AbortSignal): Promise<Found & { created: boolean }> {
    const found = await find(signal)
    if (found !== undefined) return { ...found, created: false }
    if (options.tunnelId !== undefined) throw tunnelGone(options.tunnelId)
    try {
      const made = await (await api()).tunnels.create({ account_id, name, config_src: 'cloudflare' }, { signal })
      return { ...usable(made), created: true }
    } catch (error) {
      const rival = hasCode(error, NAME_TAKEN) ? await byName(signal) : undefined
      if (rival === undefined) throw error
      return { ...rival, created: false }
    }
  }

  return {
    ensure: (signal?: AbortSignal): Promise<Found & { created: boolean }> =>
      lock(async () => {
        const tunnel = await retrying(() => ensureOnce(signal), timings, signal)
        await keep(tunnel)
        return tunnel
      }),

    /** The id without creating anything; undefined when there is no tunnel. Asks Cloudflare once, then remembers. */
    id: (signal?: AbortSignal): Promise<string | undefined> =>
      lock(async () => known ?? (await keep(await retrying(() => find(signal), timings, signal)))?.id),

    /** Makes the next `id` ask again: the known tunnel answered as if it were gone. */
    forget() {
      known = undefined
    },
  }
}

/** @throws AppError cloudflare_rejected for a tunnel whose rules come from a file: ours would have no effect. */
function usable(tunnel: Listed): Found {
  const { id, name = '' } = tunnel
  if (id === undefined) throw new AppError('cloudflare_rejected', 'Cloudflare answered with a tunnel that has no id.')
  if (tunnel.config_src === 'local' || (tunnel.config_src === undefined && tunnel.remote_config === false)) {
    throw new AppError(
      'cloudflare_rejected',
      `The tunnel ${name} (${id}) takes its routes from a file beside its cloudflared, so Slipway cannot add any. Set CLOUDFLARE_TUNNEL_ID to a tunnel that is managed in Cloudflare's dashboard, or delete that tunnel.`,
    )
  }
  return { id, name }
}

export const tunnelGone = (id: string | undefined) =>
  new AppError(
    'tunnel_not_found',
    `The Cloudflare tunnel${id === undefined ? '' : ` ${id}`} does not exist or was deleted. Correct or remove CLOUDFLARE_TUNNEL_ID and restart Slipway.`,
  )
