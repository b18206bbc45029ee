import { type Deployment, listDeployments } from '../db/deployments.ts'
import { listPorts } from '../db/ports.ts'
import { listReleases, type Release } from '../db/releases.ts'
import type { Deps } from '../deps.ts'
import { hostnameOf, imageName } from '../names.ts'
import type { DeploymentView } from './schemas.ts'

/** Deployments as the API shows them: the row, and of its releases the one that serves, or else the newest. */

export async function presentDeployment(deps: Deps, deployment: Deployment): Promise<DeploymentView> {
  return present(deps, deployment, await listReleases(deps.db, deployment.id), await portsByHolder(deps))
}

export async function presentAll(deps: Deps): Promise<DeploymentView[]> {
  const ports = await portsByHolder(deps)
  return Promise.all(
    (await listDeployments(deps.db)).map(async (it) => present(deps, it, await listReleases(deps.db, it.id), ports)),
  )
}

const holderKey = (deploymentId: string | null, release: number | null) => `${deploymentId} ${release}`

async function portsByHolder({ db }: Deps): Promise<Map<string, number>> {
  return new Map((await listPorts(db)).map((it) => [holderKey(it.deployment_id, it.release), it.port]))
}

function present(deps: Deps, deployment: Deployment, releases: Release[], ports: Map<string, number>): DeploymentView {
  const { id, name, githubUrl, branch, rootDir, subdomain, status, overrides, volumes, createdAt, updatedAt, error } =
    deployment
  const release = releases.find((it) => it.number === deployment.liveRelease) ?? releases[0]
  const live = release?.status === 'live'
  return {
    id,
    name,
    githubUrl,
    branch,
    rootDir,
    subdomain,
    url: urlOf(deps, subdomain),
    port: ports.get(holderKey(id, release?.number ?? null)) ?? null,
    status,
    template: deployment.template ?? release?.recipe?.template ?? null,
    release: release?.number ?? null,
    commit: release?.commit ?? null,
    containerId: live ? release.containerId : null,
    dockerImage: live
      ? imageName(deps.config.instance, { deploymentId: id, subdomain: release.subdomain, release: release.number })
      : null,
    overrides,
    volumes,
    createdAt,
    updatedAt,
    ...(error && { error }),
  }
}

/** Where people reach an app; null without nginx. */
export function urlOf({ config }: Deps, subdomain: string): string | null {
  const hostname = hostnameOf(config.domain, subdomain)
  if (config.cloudflare) return `https://${hostname}`
  if (config.nginx === 'off') return null
  return `http://${hostname}${config.httpPort === 80 ? '' : `:${config.httpPort}`}`
}
