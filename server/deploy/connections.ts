import type { Check } from '../adapters/check.ts'
import { DEFAULT_BASE_URL } from '../adapters/cloudflare-api.ts'
import type { Deps } from '../deps.ts'
import type { ConnectionName } from '../states.ts'

export type Connection = {
  name: ConnectionName
  isConfigured: boolean
  url: string
  settings: { name: string; isSet: boolean; isRequired: boolean }[]
}

/** Whoever looks waits no longer, whatever the neighbour does. */
const TEST_MS = 15_000
const CLOUDFLARE_SETTINGS = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'CLOUDFLARE_ZONE_ID']

/** The neighbours that Slipway works with, and which of their settings are given; none of the values. */
export function listConnections({ config }: Deps): Connection[] {
  const { cloudflare, githubToken, githubUrl } = config
  return [
    {
      name: 'cloudflare',
      isConfigured: cloudflare !== undefined,
      url: cloudflare?.baseUrl ?? DEFAULT_BASE_URL,
      settings: [
        ...CLOUDFLARE_SETTINGS.map((name) => ({ name, isSet: cloudflare !== undefined, isRequired: true })),
        { name: 'CLOUDFLARE_TUNNEL_ID', isSet: cloudflare?.tunnelId !== undefined, isRequired: false },
      ],
    },
    {
      name: 'github',
      isConfigured: githubToken !== undefined,
      url: githubUrl,
      settings: [{ name: 'SLIPWAY_GITHUB_TOKEN', isSet: githubToken !== undefined, isRequired: false }],
    },
  ]
}

/** Tries everything that Slipway needs of a neighbour, one by one, within 15 s. Changes nothing. */
export async function testConnection(deps: Deps, name: ConnectionName): Promise<{ ok: boolean; checks: Check[] }> {
  const signal = AbortSignal.timeout(TEST_MS)
  const checks =
    name === 'github'
      ? await deps.github.inspect(signal)
      : ((await deps.cloudflare?.inspect(signal)) ?? [cloudflareMissing])
  return { ok: checks.every((check) => check.ok), checks }
}

const cloudflareMissing: Check = {
  name: 'Settings',
  ok: false,
  message: `Put ${CLOUDFLARE_SETTINGS.join(', ')} and SLIPWAY_DOMAIN into .env, then restart Slipway. Without them apps are reached on this machine only.`,
}
