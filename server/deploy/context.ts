import path from 'node:path'
import type { Vhost } from '../adapters/nginx.ts'
import { findKeyOfDeployment } from '../db/deploy-keys.ts'
import type { Deployment, EnvVariable } from '../db/deployments.ts'
import { findDeployment } from '../db/deployments.ts'
import { findPort } from '../db/ports.ts'
import { type Commit, findRelease, type Recipe, type Release, updateRelease } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { hostnameOf, type ReleaseRef } from '../names.ts'

/** What a step is given. */
export type StepContext = Deps & {
  deployment: Deployment
  release: Release
  /** The release that serves traffic now, when that is another one. */
  live: Release | undefined
  ref: ReleaseRef
  hostname: string
  /** The port on 127.0.0.1, once it is claimed. */
  port: number | undefined
  /** The SSH key that the deployment was made with. `isForeign`: it was found that somebody else added it at GitHub. */
  deployKey: { id: string; publicKey: string; isForeign?: boolean } | undefined
  /** The clone of this release. */
  checkout: string
  /** Opened when it is read: taking down what was made works without the key. */
  readonly env: EnvVariable[]
  signal: AbortSignal
  /** Writes a line to the build log. */
  say(text: string, stream?: string): void
  /** Takes down the releases that served before this one. */
  retireOthers(): Promise<void>
  /** Notes a fact about the release, here and in the database. */
  remember(facts: { commit?: Commit; recipe?: Recipe; containerId?: string }): Promise<void>
}

type Options = { signal?: AbortSignal; say?: StepContext['say']; retireOthers?: StepContext['retireOthers'] }

/**
 * The context of a release. Without a signal it cannot be aborted: that is how things are undone.
 * @throws not_found when the deployment or the release is gone.
 */
export async function createContext(
  deps: Deps,
  deploymentId: string,
  number: number,
  options: Options = {},
): Promise<StepContext> {
  const deployment = await findDeployment(deps.db, deploymentId)
  const release = await findRelease(deps.db, deploymentId, number)
  if (!deployment || !release) throw new AppError('not_found', 'There is no such release.')
  const isLive = deployment.liveRelease === null || deployment.liveRelease === number
  const live = isLive ? undefined : await findRelease(deps.db, deploymentId, deployment.liveRelease ?? 0)
  return {
    ...deps,
    deployment,
    release,
    live,
    ref: refOf(release),
    hostname: hostnameOf(deps.config.domain, release.subdomain),
    port: await findPort(deps.db, { deploymentId, release: number }),
    deployKey: await findKeyOfDeployment(deps.db, deploymentId),
    checkout: path.join(deps.config.dataDir, 'checkouts', `${deploymentId}-${number}`),
    get env() {
      return openEnv(deps, deploymentId, release.env)
    },
    signal: options.signal ?? new AbortController().signal,
    say: options.say ?? (() => undefined),
    retireOthers: options.retireOthers ?? (async () => undefined),
    async remember(facts) {
      await updateRelease(deps.db, release, facts)
      Object.assign(release, facts)
    },
  }
}

export const refOf = (release: Release): ReleaseRef => ({
  deploymentId: release.deploymentId,
  subdomain: release.subdomain,
  release: release.number,
})

/** The variables of a sealed environment. */
export function openEnv(deps: Pick<Deps, 'secrets'>, deploymentId: string, sealed: string): EnvVariable[] {
  return JSON.parse(deps.secrets.decrypt(sealed, deploymentId))
}

/** The values that nobody may read again. */
export const secretsOf = (env: EnvVariable[]): string[] => env.flatMap((it) => (it.secret ? [it.value] : []))

export function sealEnv(deps: Pick<Deps, 'secrets'>, deploymentId: string, env: EnvVariable[]): string {
  return deps.secrets.encrypt(JSON.stringify(env), deploymentId)
}

/** The vhost as it should be for a release: its port, or the page that says the app is stopped. */
export function vhostOf(ctx: StepContext, release: Release, port: number | undefined): Vhost {
  const stopped = ctx.deployment.stopped && ctx.deployment.liveRelease === release.number
  return {
    subdomain: release.subdomain,
    hostname: hostnameOf(ctx.config.domain, release.subdomain),
    deploymentId: release.deploymentId,
    release: release.number,
    target: stopped || port === undefined ? { kind: 'page', page: 'stopped' } : { kind: 'app', port },
  }
}
