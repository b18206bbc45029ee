import { afterEach, expect } from 'vitest'
import { type Cloudflare, type CloudflareOptions, createCloudflare } from '../../server/adapters/cloudflare.ts'
import { type CloudflareStandIn, startCloudflare } from './cloudflare.ts'
import type { Config, Rule } from './cloudflare-state.ts'

export type CloudflareWorld = {
  standIn: CloudflareStandIn
  cloudflare: Cloudflare
  /** What the adapter has logged. */
  lines: string[]
  /** Another adapter at the same stand-in: another process, or another instance. */
  another(options?: Partial<CloudflareOptions>): Cloudflare
  /** Requests so far that match, as `METHOD /path`. */
  sent(match: RegExp): string[]
}

export const serviceUrl = 'http://127.0.0.1:8080'

const open: CloudflareStandIn[] = []

/** A stand-in and an adapter with short times. After the test it is stopped, and every request must have fitted the schema. */
export async function makeCloudflareWorld(options: Partial<CloudflareOptions> = {}): Promise<CloudflareWorld> {
  const standIn = await startCloudflare()
  open.push(standIn)
  const lines: string[] = []
  const another = (more: Partial<CloudflareOptions> = {}) =>
    createCloudflare({
      apiToken: standIn.token,
      accountId: standIn.accountId,
      zoneId: standIn.zoneId,
      baseUrl: standIn.url,
      instance: 'test',
      serviceUrl,
      log: (line) => lines.push(line),
      ...more,
      timings: { timeoutMs: 2000, retries: 3, backoffMs: 5, longestWaitMs: 50, ...more.timings },
    })
  return {
    standIn,
    lines,
    another,
    cloudflare: another(options),
    sent: (match) =>
      standIn.requests.map((request) => `${request.method} ${request.path}`).filter((request) => match.test(request)),
  }
}

afterEach(async () => {
  for (const standIn of open.splice(0)) {
    await standIn.stop()
    expect(standIn.violations).toEqual([])
  }
})

/** A tunnel that others use as well: every field of the schema, fields it does not know, paths, wildcards, odd order. */
export const foreignConfig = (): Config => ({
  'warp-routing': { enabled: true },
  unknownSetting: { nested: [1, 2.5, null, { deep: 'ü' }] },
  ingress: [
    {
      service: 'https://10.0.0.1:8443',
      hostname: 'Intranet.example.com',
      originRequest: { noTLSVerify: true, caPool: '' },
    },
    { hostname: 'files.example.com', path: '^/public', service: 'http://10.0.0.2', unknownField: { a: [] } },
    { hostname: '*.wild.example.com', service: 'http://10.0.0.3:80', originRequest: {} },
    {
      hostname: 'ssh.example.com',
      service: 'ssh://10.0.0.4:22',
      originRequest: { originServerName: 'real.example.com' },
    },
    { service: 'http_status:418', originRequest: { connectTimeout: 3 } },
  ],
  originRequest: { keepAliveConnections: 7, unknownOption: true },
})

/** The rules that our hostnames do not name, as text: they must stay what they were, and in order. */
export const foreignPart = (config: Config | null | undefined, ours: (rule: Rule) => boolean): string =>
  JSON.stringify({ ...config, ingress: config?.ingress?.filter((rule) => !ours(rule)) })
