import { listDeployments } from '../../db/deployments.ts'
import { retryApp } from '../commands.ts'
import type { Found, Look } from './finding.ts'

export async function lookForStuck({ deps }: Look): Promise<Found[]> {
  return (await listDeployments(deps.db))
    .filter((it) => it.status === 'stuck')
    .map((deployment) => ({
      id: `stuck:${deployment.id}`,
      kind: 'stuck',
      severity: 'error',
      message: `${deployment.name} is stuck${deployment.error?.step ? ` at ${deployment.error.step}` : ''}: ${deployment.error?.message ?? 'the reason is not known'}`,
      deploymentId: deployment.id,
      remedy: { text: 'Try again now. Slipway also tries again every minute.', automatic: true, safe: true },
      mend: (queue) => retryApp(deps, queue, deployment),
    }))
}
