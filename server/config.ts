import { existsSync, readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { problemOfPassword } from './passwords.ts'

export type Config = Readonly<{
  host: string
  port: number
  dataDir: string
  instance: string
  domain: string
  publicUrl: string
  adminUsername: string
  adminPassword: string | undefined
  secretKey: string | undefined
  portRange: Readonly<{ from: number; to: number }>
  nginx: 'managed' | 'system' | 'off'
  nginxBin: string
  nginxDir: string
  httpPort: number
  dockerHost: string
  githubUrl: string
  githubApiUrl: string
  /** Where deploy keys clone from, such as git@github.com or git@git.example.com:2222. */
  githubSsh: string
  githubToken: string | undefined
  cloudflare:
    | Readonly<{
        apiToken: string
        accountId: string
        zoneId: string
        tunnelId: string | undefined
        baseUrl: string | undefined
      }>
    | undefined
  /** Who runs cloudflared: Slipway as its child, a systemd unit by the token file that Slipway writes, or somebody else. */
  cloudflared: 'child' | 'unit' | 'off'
  cloudflaredBin: string
  cloudflaredMetricsPort: number
  buildConcurrency: number
  buildTimeoutSeconds: number
  /** So many scheduled jobs run at once. */
  jobConcurrency: number
  buildMemoryMb: number
  /** Who limits what builds may use: Slipway itself, as root; a unit of systemd; or nobody. */
  buildGuard: 'own' | 'helper' | 'off'
  /** How long a build waits for memory and disk that it is known to need. */
  buildWaitSeconds: number
  /** Build logs are kept so long, and those of the newest releases longer. */
  buildLogDays: number
  /** What BuildKit's cache may hold between builds. */
  buildCacheMb: number
  appMemoryMb: number
  appCpus: number
  appPids: number
  startTimeoutSeconds: number
  drainSeconds: number
  reconcileSeconds: number
  /** How often repositories are asked for pushes that no webhook tells of; 0 is never. */
  githubPollSeconds: number
  minFreeDiskMb: number
  /** Who keeps apps and builds from the metadata service of a cloud: Slipway as root, a systemd unit, or nobody. */
  metadataWall: 'own' | 'helper' | 'off'
  /** The part of the disk in use from which on the doctor warns, and from which on nothing is built. */
  diskWarnPercent: number
  diskStopPercent: number
  repositoryMaxMb: number
  logLevel: string
}>

/** Everything that is wrong with the configuration, at once. The process ends with 78 (EX_CONFIG) on it. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`)
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>

/** The process environment over the `.env` file of `root`, if there is one. */
export function readEnvironment(root: string, environment: Environment = process.env): Environment {
  const file = path.join(root, '.env')
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...environment }
}

/**
 * Checks the environment and freezes it into a Config. Units are in the names.
 * @throws ConfigError with every problem found.
 */
export function loadConfig(environment: Environment, root: string): Config {
  const read = createReader(environment)
  const dataDir = path.resolve(root, read.text('SLIPWAY_DATA_DIR', 'data'))
  const host = read.text('SLIPWAY_HOST', '127.0.0.1')
  const port = read.integer('SLIPWAY_PORT', 2999, 1, 65_535)
  const nginx = read.oneOf('SLIPWAY_NGINX', ['managed', 'system', 'off'], 'managed')
  const managed = nginx !== 'system'
  const githubUrl = read.origin('SLIPWAY_GITHUB_URL', 'https://github.com')
  const config: Config = {
    host,
    port,
    dataDir,
    instance: read.matching(
      'SLIPWAY_INSTANCE',
      'slipway',
      /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
      'a lower-case name of 2 to 32 letters, digits and hyphens',
    ),
    domain: read.matching(
      'SLIPWAY_DOMAIN',
      'localhost',
      /^(?=.{1,190}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
      'a domain name such as example.com, in lower case',
    ),
    publicUrl: read.origin('SLIPWAY_PUBLIC_URL', `http://127.0.0.1:${port}`),
    adminUsername: read.matching(
      'SLIPWAY_ADMIN_USERNAME',
      'admin',
      /^[\w.@-]{1,64}$/,
      '1 to 64 letters, digits or any of . _ @ -',
    ),
    adminPassword: read.password('SLIPWAY_ADMIN_PASSWORD'),
    secretKey: read.key('SLIPWAY_SECRET_KEY'),
    portRange: read.range('SLIPWAY_PORT_RANGE', '3000-9999'),
    nginx,
    nginxBin: read.text('SLIPWAY_NGINX_BIN', 'nginx'),
    nginxDir: read.text('SLIPWAY_NGINX_DIR', managed ? path.join(dataDir, 'nginx') : '/etc/nginx/slipway.d'),
    httpPort: read.integer('SLIPWAY_HTTP_PORT', managed ? 8080 : 80, 1, 65_535),
    dockerHost: read.matching(
      'DOCKER_HOST',
      'unix:///var/run/docker.sock',
      /^(unix:\/\/\/|tcp:\/\/|https?:\/\/).+/,
      'unix:///path/to/docker.sock or tcp://host:port',
    ),
    githubUrl,
    githubApiUrl: read.origin('SLIPWAY_GITHUB_API_URL', 'https://api.github.com'),
    githubSsh: read.matching(
      'SLIPWAY_GITHUB_SSH',
      `git@${URL.canParse(githubUrl) ? new URL(githubUrl).hostname : 'github.com'}`,
      /^[a-z_][\w-]{0,31}@[\w-]+(\.[\w-]+)*(:\d{1,5})?$/,
      'a user and a host, and perhaps a port, such as git@git.example.com:2222',
    ),
    githubToken: read.secret('SLIPWAY_GITHUB_TOKEN'),
    cloudflare: readCloudflare(read),
    cloudflared: read.oneOf('SLIPWAY_CLOUDFLARED', ['child', 'unit', 'off'], 'child'),
    cloudflaredBin: read.text('SLIPWAY_CLOUDFLARED_BIN', 'cloudflared'),
    cloudflaredMetricsPort: read.integer('SLIPWAY_CLOUDFLARED_METRICS_PORT', 20_241, 1, 65_535),
    buildConcurrency: read.integer('SLIPWAY_BUILD_CONCURRENCY', 1, 1, 64),
    buildTimeoutSeconds: read.integer('SLIPWAY_BUILD_TIMEOUT_SECONDS', 900, 1, 86_400),
    jobConcurrency: read.integer('SLIPWAY_JOB_CONCURRENCY', 2, 1, 64),
    buildMemoryMb: read.integer('SLIPWAY_BUILD_MEMORY_MB', Math.floor(totalmem() / 2 ** 21), 64, 2 ** 22),
    buildGuard: read.oneOf('SLIPWAY_BUILD_GUARD', ['own', 'helper', 'off'], 'own'),
    buildWaitSeconds: read.integer('SLIPWAY_BUILD_WAIT_SECONDS', 600, 0, 86_400),
    buildLogDays: read.integer('SLIPWAY_BUILD_LOG_DAYS', 30, 1, 36_500),
    buildCacheMb: read.integer('SLIPWAY_BUILD_CACHE_MB', 10_240, 0, 2 ** 24),
    appMemoryMb: read.integer('SLIPWAY_APP_MEMORY_MB', 512, 16, 2 ** 22),
    appCpus: read.number('SLIPWAY_APP_CPUS', 1, 0.05, 1024),
    appPids: read.integer('SLIPWAY_APP_PIDS', 512, 16, 1_000_000),
    startTimeoutSeconds: read.integer('SLIPWAY_START_TIMEOUT_SECONDS', 60, 1, 3600),
    drainSeconds: read.integer('SLIPWAY_DRAIN_SECONDS', 30, 0, 3600),
    reconcileSeconds: read.integer('SLIPWAY_RECONCILE_SECONDS', 60, 1, 86_400),
    githubPollSeconds: read.integer('SLIPWAY_GITHUB_POLL_SECONDS', 60, 0, 86_400),
    metadataWall: read.oneOf('SLIPWAY_METADATA_WALL', ['own', 'helper', 'off'], 'own'),
    minFreeDiskMb: read.integer('SLIPWAY_MIN_FREE_DISK_MB', 1024, 0, 2 ** 30),
    diskWarnPercent: read.integer('SLIPWAY_DISK_WARN_PERCENT', 80, 1, 100),
    diskStopPercent: read.integer('SLIPWAY_DISK_STOP_PERCENT', 95, 1, 100),
    repositoryMaxMb: read.integer('SLIPWAY_REPOSITORY_MAX_MB', 1024, 1, 2 ** 20),
    logLevel: read.oneOf('SLIPWAY_LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  }
  if (config.port === config.httpPort && nginx !== 'off') {
    read.problems.push(
      `SLIPWAY_PORT and SLIPWAY_HTTP_PORT are both ${config.port}; give the UI and the apps different ports`,
    )
  }
  if (config.portRange.from <= config.port && config.port <= config.portRange.to) {
    read.problems.push(`SLIPWAY_PORT ${config.port} lies inside SLIPWAY_PORT_RANGE; choose one outside`)
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems)
  return Object.freeze(config)
}

type Reader = ReturnType<typeof createReader>

function readCloudflare(read: Reader): Config['cloudflare'] {
  const names = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'CLOUDFLARE_ZONE_ID'] as const
  const [apiToken, accountId, zoneId] = names.map((name) => read.secret(name))
  const missing = names.filter((name) => read.secret(name) === undefined)
  const baseUrl = read.secret('CLOUDFLARE_BASE_URL')
  if (missing.length > 0 && missing.length < names.length) {
    read.problems.push(
      `${missing.join(' and ')} missing: tunnel mode needs ${names.join(', ')} together, or none of them`,
    )
  }
  if (apiToken === undefined || accountId === undefined || zoneId === undefined) return undefined
  for (const [name, value] of [
    [names[1], accountId],
    [names[2], zoneId],
  ] as const) {
    if (!/^[0-9a-f]{32}$/.test(value))
      read.problems.push(`${name} must be the 32 hexadecimal digits shown in the dashboard`)
  }
  return { apiToken, accountId, zoneId, tunnelId: read.secret('CLOUDFLARE_TUNNEL_ID'), baseUrl }
}

/** Readers of single settings. Each notes a problem and answers the default, so that all problems show at once. */
function createReader(environment: Environment) {
  const problems: string[] = []
  const raw = (name: string) => (environment[name] === '' ? undefined : environment[name])

  const number = (name: string, fallback: number, min: number, max: number, whole = false) => {
    const value = raw(name)
    if (value === undefined) return fallback
    const parsed = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
    if (parsed >= min && parsed <= max && (!whole || Number.isInteger(parsed))) return parsed
    problems.push(`${name} must be a ${whole ? 'whole number' : 'number'} from ${min} to ${max}, not “${value}”`)
    return fallback
  }

  return {
    problems,
    text: (name: string, fallback: string) => raw(name) ?? fallback,
    secret: raw,
    number,
    integer: (name: string, fallback: number, min: number, max: number) => number(name, fallback, min, max, true),
    oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
      const value = raw(name)
      const found = allowed.find((choice) => choice === value)
      if (value !== undefined && found === undefined)
        problems.push(`${name} must be one of ${allowed.join(', ')}, not “${value}”`)
      return found ?? fallback
    },
    matching(name: string, fallback: string, pattern: RegExp, what: string) {
      const value = raw(name) ?? fallback
      if (!pattern.test(value)) problems.push(`${name} must be ${what}, not “${value}”`)
      return value
    },
    origin(name: string, fallback: string) {
      const value = raw(name) ?? fallback
      const url = URL.canParse(value) ? new URL(value) : undefined
      const valid =
        url !== undefined &&
        /^https?:$/.test(url.protocol) &&
        url.username === '' &&
        url.search === '' &&
        url.hash === ''
      if (!valid) problems.push(`${name} must be an address such as https://example.com, not “${value}”`)
      return value.replace(/\/+$/, '')
    },
    password(name: string) {
      const value = raw(name)
      if (value !== undefined && problemOfPassword(value) !== undefined) {
        problems.push(`${name} must have at least 8 characters and at most 72 bytes (bcrypt ignores what comes after)`)
      }
      return value
    },
    key(name: string) {
      const value = raw(name)
      if (value !== undefined && Buffer.from(value, 'base64').length !== 32) {
        problems.push(`${name} must be 32 bytes in base64; make one with: openssl rand -base64 32`)
      }
      return value
    },
    range(name: string, fallback: string) {
      const value = raw(name) ?? fallback
      const [from = Number.NaN, to = Number.NaN] = (/^(\d{1,5})-(\d{1,5})$/.exec(value) ?? []).slice(1).map(Number)
      const valid = from >= 1024 && to <= 65_535 && from <= to
      if (!valid) problems.push(`${name} must be two ports such as 3000-9999, from 1024 to 65535, not “${value}”`)
      return valid ? { from, to } : { from: 3000, to: 9999 }
    },
  }
}
