import { findDeployment, listDeployments } from '../../db/deployments.ts'
import type { Deps } from '../../deps.ts'
import { createContext } from '../context.ts'
import { pipeline } from '../pipeline.ts'
import type { Found, Look } from './finding.ts'
import { whileIdle } from './while-idle.ts'

/** Vhosts that were put aside, because nginx refuses them. */
export async function lookForQuarantine({ deps }: Look): Promise<Found[]> {
  const vhosts = (await deps.nginx.list()).filter((it) => it.quarantined)
  const owners = new Set((await listDeployments(deps.db)).map((it) => it.id))
  return vhosts.map(({ subdomain, deploymentId, reason }) => {
    const isOwned = owners.has(deploymentId)
    return {
      id: `quarantine:${subdomain}`,
      kind: 'quarantine',
      severity: 'error',
      message: `The vhost ${subdomain}.conf was put aside, because nginx refuses it: ${reason ?? 'no reason given'}.`,
      ...(isOwned && { deploymentId }),
      remedy: { text: isOwned ? 'Write it anew.' : 'Remove it.', automatic: true, safe: isOwned },
      mend: (queue) => whileIdle(queue, deploymentId, () => rewriteVhost(deps, deploymentId, subdomain)),
    }
  })
}

async function rewriteVhost(deps: Deps, deploymentId: string, subdomain: string): Promise<void> {
  const release = (await findDeployment(deps.db, deploymentId))?.liveRelease ?? null
  if (release === null) return deps.nginx.uninstall(subdomain, deploymentId)
  const ctx = await createContext(deps, deploymentId, release)
  await pipeline.find((step) => step.name === 'publish-vhost')?.apply(ctx)
}
