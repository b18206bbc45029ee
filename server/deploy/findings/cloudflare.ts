import type { Check } from '../../adapters/check.ts'
import { type Deployment, listDeployments } from '../../db/deployments.ts'
import { hostnameOf } from '../../names.ts'
import { redeployApp } from '../commands.ts'
import type { Found, Look } from './finding.ts'

/** What deploys need of Cloudflare and do not have. */
export async function lookAtCloudflare({ deps, cloudflare, signal }: Look): Promise<Found[]> {
  if (!cloudflare) return []
  const wrong = (await cloudflare.inspect(signal)).filter((it) => !it.ok)
  // What rests on a check that failed has its message: once is enough.
  const told = [...new Map(wrong.map((it) => [it.message, it])).values()]
  const deployments = await listDeployments(deps.db)
  const ownerOf = ({ hostname }: Check) =>
    deployments.find((it) => hostnameOf(deps.config.domain, it.subdomain) === hostname)
  return told.map((check, index) => {
    const owner = ownerOf(check)
    const problem = { kind: 'machine' as const, severity: 'error' as const, message: check.message }
    return owner ? { ...problem, ...deployAgain(owner, deps) } : { ...problem, ...askOwner(index) }
  })
}

const askOwner = (index: number) => ({
  id: `machine:cloudflare:${index}`,
  remedy: {
    text: 'Mend it in the Cloudflare dashboard, and restart Slipway where the API token is a new one. A test of the connection says what is missing.',
    automatic: false,
    safe: false,
  },
})

const deployAgain = (
  owner: Deployment,
  deps: Look['deps'],
): Pick<Found, 'id' | 'deploymentId' | 'remedy' | 'mend'> => ({
  id: `machine:cloudflare:shadow:${owner.id}`,
  deploymentId: owner.id,
  remedy: { text: `Deploy ${owner.name} again: that moves its rule up.`, automatic: true, safe: false },
  mend: (queue) => redeployApp(deps, queue, owner),
})
