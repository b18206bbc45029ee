import { toAppError } from '../errors.ts'
import { type Answer, type AskOptions, askHost } from './nginx-ask.ts'
import type { Hold } from './nginx-holds.ts'
import { checkDeploymentId, checkHostname, checkSettings, checkSubdomain, checkVhost } from './nginx-names.ts'
import { createNginxOff } from './nginx-off.ts'
import { type Remedy, remedyOf } from './nginx-problem.ts'
import { runNginx } from './nginx-program.ts'
import type { Quarantined } from './nginx-quarantine.ts'
import { createVhosts, type Vhosts } from './nginx-vhosts.ts'

export type { Answer } from './nginx-ask.ts'
export type { Hold } from './nginx-holds.ts'
export type { Quarantined } from './nginx-quarantine.ts'

export type VhostTarget = { kind: 'app'; port: number } | { kind: 'page'; page: 'deploying' | 'stopped' }
export type Vhost = {
  subdomain: string
  hostname: string
  deploymentId: string
  release: number
  target: VhostTarget
}

export type InstalledVhost = {
  subdomain: string
  hostname: string
  deploymentId: string
  release: number
  quarantined: boolean
  /** What nginx said when the file was put aside. */
  reason?: string
}

export type NginxOptions = {
  mode: 'managed' | 'system' | 'off'
  /** The program, by name or path. */
  bin: string
  /** managed: a folder of our own. system: the folder that the distribution's nginx includes. */
  dir: string
  /** managed: a folder beside. system: the same as dir. */
  vhostsDir: string
  httpPort: number
  instance: string
  /** How long open connections (WebSockets) of an old configuration live on, at least 1. Managed only. Default: 30. */
  drainSeconds?: number
  /** Believe cloudflared on this machine about the visitor's address and scheme. Default: false. */
  trustCloudflare?: boolean
  /** Largest request body. Default: 1024. */
  maxBodyMb?: number
  /** How long an app may be silent within a request. Default: 3600. */
  readTimeoutSeconds?: number
  /** system: with it, unknown names under this domain get our pages instead of the distribution's default site. */
  domain?: string
  /** system: the main configuration, when it is not nginx's own default, /etc/nginx/nginx.conf. */
  systemConf?: string
  /** system: reload by ourselves, or by a request file that a root helper watches. Default: by user id. */
  reloadBy?: 'command' | 'request'
  /** How long a reload may take until it counts as refused. Default: 10 000. */
  reloadTimeoutMs?: number
  log?: (message: string) => void
}

export type Nginx = {
  readonly mode: NginxOptions['mode']
  /**
   * Makes the folders, writes the main configuration, and starts nginx (managed) or adopts the one that runs. Broken
   * vhosts are put aside so that the rest runs. Nothing is reloaded when nginx already runs with what is on the disk.
   * @throws AppError nginx_missing, nginx_rejected, nginx_unreachable (the port is taken)
   */
  start(): Promise<void>
  /** Ends a managed nginx gracefully and waits. The server never calls it: apps stay reachable while it restarts. */
  stop(): Promise<void>
  /**
   * Never throws for what is wrong with nginx: `problem` says it, with the reason why the last start failed, and
   * `remedy` what to do. `running` is also true of one that runs with old files: the next change loads it again.
   */
  check(): Promise<{ ok: boolean; version?: string; running: boolean; problem?: string; remedy?: Remedy }>
  /**
   * Writes the vhost, tests, reloads, and returns when new connections provably reach it. On failure the old file is
   * back and runs. Does nothing when nginx already runs with exactly this.
   * @throws AppError invalid_input, name_in_use (a file of that name without our mark), nginx_rejected, nginx_unreachable
   */
  install(vhost: Vhost): Promise<void>
  /**
   * Removes the file of this deployment, also a quarantined copy, and returns when nginx provably runs without it.
   * Absent is fine; a file of another deployment stays. @throws AppError nginx_rejected, nginx_unreachable
   */
  uninstall(subdomain: string, deploymentId: string): Promise<void>
  /**
   * Returns when no request runs on an older configuration any more, at most drainSeconds later: from then on a port
   * that was replaced may be given to somebody else.
   */
  drained(signal?: AbortSignal): Promise<void>
  /** The file is there with exactly this content. */
  has(vhost: Vhost): Promise<boolean>
  /** Any file of this deployment is there under this name, also a quarantined one. */
  owns(subdomain: string, deploymentId: string): Promise<boolean>
  list(): Promise<InstalledVhost[]>
  /**
   * Tests everything; puts broken vhosts and second claims on a host name aside, and starts or reloads nginx when it
   * does not run with what is on the disk. Answers what was put aside. @throws AppError like start
   */
  checkAll(): Promise<Quarantined[]>
  /** True when one that is ours to start does not run, or only its orphaned workers do. Cheap: asked every second. */
  isGone(): Promise<boolean>
  /** From now on this host shows “being deployed” (503) where it would be unknown (404). Needs no reload. */
  hold(hostname: string, deploymentId: string): Promise<void>
  unhold(hostname: string): Promise<void>
  holds(hostname: string): Promise<boolean>
  listHolds(): Promise<Hold[]>
  /**
   * Asks for a path through nginx by host name on loopback. `release` is that of the vhost that answered, `page` one of
   * our own pages. @throws AppError nginx_unreachable, timed_out; the signal's reason when aborted
   */
  ask(hostname: string, path: string, options?: AskOptions): Promise<Answer>
}

/** @throws AppError invalid_input when a setting could not stand in a configuration. */
export function createNginx(options: NginxOptions): Nginx {
  if (options.mode === 'off') return createNginxOff()
  checkSettings(options)
  let opened: Promise<Vhosts> | undefined
  /** The folders are touched at the first use, not before; a failure is tried again at the next. */
  const open = () => {
    opened ??= createVhosts(options).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    return opened
  }

  return {
    mode: options.mode,
    start: async () => (await open()).start(),
    stop: async () => (await open()).stop(),
    check: () => check(options, open),
    async install(vhost) {
      checkVhost(vhost)
      await (await open()).install(vhost)
    },
    async uninstall(subdomain, deploymentId) {
      checkSubdomain(subdomain)
      checkDeploymentId(deploymentId)
      await (await open()).uninstall(subdomain, deploymentId)
    },
    drained: async (signal) => (await open()).drained(signal),
    async has(vhost) {
      checkVhost(vhost)
      return (await open()).has(vhost)
    },
    async owns(subdomain, deploymentId) {
      const files = await (await open()).files()
      return files.some((file) => file.subdomain === subdomain && file.mark.deploymentId === deploymentId)
    },
    async list() {
      const files = await (await open()).files()
      return files.map(({ subdomain, hostname, mark, quarantined, reason }) => ({
        subdomain,
        hostname,
        deploymentId: mark.deploymentId,
        release: mark.release,
        quarantined,
        ...(reason !== undefined && { reason: reason.trim() }),
      }))
    },
    checkAll: async () => (await open()).checkAll(),
    isGone: async () => (await open()).isGone(),
    hold: async (hostname, deploymentId) => (await open()).holds.hold(hostname, deploymentId),
    unhold: async (hostname) => (await open()).holds.unhold(hostname),
    holds: async (hostname) => (await open()).holds.holds(hostname),
    listHolds: async () => (await open()).holds.listHolds(),
    async ask(hostname, path, asking = {}) {
      checkHostname(hostname)
      const { token } = await open()
      return askHost({ port: options.httpPort, host: hostname, path, probe: token, ...asking })
    },
  }
}

async function check(options: NginxOptions, open: () => Promise<Vhosts>): ReturnType<Nginx['check']> {
  try {
    const version = /nginx\/([\d.]+)/.exec((await runNginx(options.bin, ['-v'])).stderr)?.[1]
    const problem = await (await open()).problem()
    const running = problem?.running ?? true
    return {
      ok: problem === undefined,
      running,
      ...(version !== undefined && { version }),
      ...(problem !== undefined && { problem: problem.text, remedy: problem.remedy }),
    }
  } catch (error) {
    const failure = toAppError(error)
    return { ok: false, running: false, problem: failure.message, remedy: remedyOf(failure) }
  }
}
