import type { Check } from '../adapters/check.ts'
import { DEFAULT_BASE_URL } from '../adapters/cloudflare-api.ts'
import { listDeployKeys } from '../db/deploy-keys.ts'
import { readApp } from '../db/github-app.ts'
import type { Deps } from '../deps.ts'
import type { ConnectionName } from '../states.ts'
import { testDeployKeys } from './deploy-keys.ts'
import { type GithubToken, readGithubToken } from './github-token.ts'

export type Connection = {
  name: ConnectionName
  isConfigured: boolean
  url: string
  settings: { name: string; isSet: boolean; isRequired: boolean }[]
  /** Of GitHub: where its token comes from, what its App is called, and how many deploy keys there are. */
  github?: { token: GithubToken['from'] | null; app: string | null; deployKeys: number }
}

/** Whoever looks waits no longer, whatever the neighbour does. */
const TEST_MS = 15_000
const CLOUDFLARE_SETTINGS = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'CLOUDFLARE_ZONE_ID']

/** The neighbours that Slipway works with, and which of their settings are given; none of the values. */
export async function listConnections(deps: Deps): Promise<Connection[]> {
  const { cloudflare, githubToken, githubUrl } = deps.config
  const [token, app, keys] = await Promise.all([readGithubToken(deps), readApp(deps), listDeployKeys(deps.db)])
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
      isConfigured: token !== undefined || app !== undefined,
      url: githubUrl,
      settings: [{ name: 'SLIPWAY_GITHUB_TOKEN', isSet: githubToken !== undefined, isRequired: false }],
      github: { token: token?.from ?? null, app: app?.name ?? null, deployKeys: keys.length },
    },
  ]
}

/** Tries everything that Slipway needs of a neighbour, one by one, within 15 s. Changes nothing. */
export async function testConnection(deps: Deps, name: ConnectionName): Promise<{ ok: boolean; checks: Check[] }> {
  const signal = AbortSignal.timeout(TEST_MS)
  const checks =
    name === 'github'
      ? await testGithub(deps, signal)
      : ((await deps.cloudflare?.inspect(signal)) ?? [cloudflareMissing])
  return { ok: checks.every((check) => check.ok), checks }
}

/** The host, then whatever is there of a token, an App and deploy keys, side by side. */
async function testGithub(deps: Deps, signal: AbortSignal): Promise<Check[]> {
  const [token, app] = [await readGithubToken(deps), await readApp(deps)]
  const parts = await Promise.all([
    deps.github.inspectHost(signal).then((host) => [host]),
    token ? deps.github.inspectToken(token, signal) : [],
    app ? deps.github.inspectApp(app, deps.githubApp, signal) : [],
    testDeployKeys(deps, signal),
  ])
  return parts.flat()
}

const cloudflareMissing: Check = {
  name: 'Settings',
  ok: false,
  message: `Put ${CLOUDFLARE_SETTINGS.join(', ')} and SLIPWAY_DOMAIN into .env, then restart Slipway. Without them apps are reached on this machine only.`,
}
