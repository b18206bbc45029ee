import { type Deployment, findDeployment, listDeployments } from '../db/deployments.ts'
import { type Job, listJobs } from '../db/jobs.ts'
import { listPorts } from '../db/ports.ts'
import { listReleaseHeads, type ReleaseHead } from '../db/releases.ts'
import type { Db } from '../db/schema.ts'
import { addressOf } from '../deploy/address.ts'
import type { Deps } from '../deps.ts'
import { imageName } from '../names.ts'
import { movingStatuses } from '../states.ts'
import type { DeploymentView } from './views.ts'

/** Deployments as the API shows them: the row, and of its releases the one that serves, or else the newest. */

/** The row is read with the rest, all of one moment: a stop that ends in between would be shown as an app that runs and rests. */
export async function presentDeployment(deps: Deps, deployment: Deployment): Promise<DeploymentView> {
  return deps.db.transaction().execute(async (db) => {
    const current = (await findDeployment(db, deployment.id)) ?? deployment
    return present(deps, current, await readSurroundings(db, deployment.id))
  })
}

/** In four queries, however many there are. */
export async function presentAll(deps: Deps): Promise<DeploymentView[]> {
  return deps.db.transaction().execute(async (db) => {
    const [deployments, surroundings] = [await listDeployments(db), await readSurroundings(db)]
    return deployments.map((it) => present(deps, it, surroundings))
  })
}

type Surroundings = {
  /** By deployment, newest first. */
  releases: Map<string, ReleaseHead[]>
  ports: Map<string, number>
  /** What waits or runs, by deployment. */
  jobs: Map<string, Job[]>
}

const holderKey = (deploymentId: string | null, release: number | null) => `${deploymentId} ${release}`

async function readSurroundings(db: Db, deploymentId?: string): Promise<Surroundings> {
  const heads = await listReleaseHeads(db, deploymentId)
  const jobs = await listJobs(db, { ...(deploymentId !== undefined && { deploymentId }) })
  return {
    releases: Map.groupBy(heads, (it) => it.deploymentId),
    ports: new Map((await listPorts(db)).map((it) => [holderKey(it.deployment_id, it.release), it.port])),
    jobs: Map.groupBy(jobs, (it) => it.deploymentId),
  }
}

function present(deps: Deps, deployment: Deployment, { releases, ports, jobs: all }: Surroundings): DeploymentView {
  const { id, name, githubUrl, branch, rootDir, subdomain, status, overrides, volumes, createdAt, updatedAt, error } =
    deployment
  const own = releases.get(id) ?? []
  const jobs = all.get(id) ?? []
  const isDeleting = status === 'deleting' || jobs.some((it) => it.kind === 'remove')
  const release = own.find((it) => it.number === deployment.liveRelease) ?? own[0]
  const live = release?.status === 'live'
  return {
    id,
    name,
    githubUrl,
    branch,
    rootDir,
    subdomain,
    // A new subdomain that waits for the next deploy leads nowhere yet.
    url: addressOf(deps, live ? release.subdomain : subdomain),
    port: ports.get(holderKey(id, release?.number ?? null)) ?? null,
    status,
    template: deployment.template ?? release?.template ?? null,
    chosenTemplate: deployment.template,
    release: release?.number ?? null,
    liveRelease: deployment.liveRelease,
    isBusy: jobs.length > 0 || own.some((it) => movingStatuses.includes(it.status)),
    canCancel: !isDeleting && own.some((it) => isDeploying(it, jobs)),
    isDeleting,
    keepsVolumes: deployment.keepVolumes,
    commit: release?.commit ?? null,
    containerId: live ? release.containerId : null,
    dockerImage: live
      ? imageName(deps.config.instance, { deploymentId: id, subdomain: release.subdomain, release: release.number })
      : null,
    overrides,
    volumes,
    delivery: deployment.delivery,
    webhook: deployment.webhook,
    previewOf: deployment.previewOf,
    pullRequest: deployment.pullRequest,
    expiresAt: deployment.expiresAt,
    createdAt,
    updatedAt,
    deployedAt: own[0]?.createdAt ?? null,
    ...(error && { error }),
  }
}

/** Waits or is being made, as `cancelDeploy` takes it: one that is live already, or is undone, is not called back. */
const isDeploying = (release: ReleaseHead, jobs: Job[]) =>
  (release.status === 'queued' || release.status === 'running') &&
  jobs.some((it) => it.kind === 'deploy' && it.release === release.number)
