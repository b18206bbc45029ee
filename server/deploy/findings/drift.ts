import { type Deployment, findDeployment, listDeployments } from '../../db/deployments.ts'
import type { LedgerEntry } from '../../db/ledger.ts'
import type { Deps } from '../../deps.ts'
import { redeployApp } from '../commands.ts'
import { createContext } from '../context.ts'
import type { Queue } from '../queue.ts'
import { findDrift, makeAnew } from '../reconcile.ts'
import { within } from '../within.ts'
import { type Found, type Look, lateBy, unseen } from './finding.ts'
import { whileIdle } from './while-idle.ts'

/** What live releases have made and is missing, or was changed. */
export async function lookForDrift(look: Look): Promise<Found[]> {
  const found: Found[] = []
  for (const deployment of await listDeployments(look.deps.db)) {
    const drift = await driftOf(look, deployment)
    if (look.signal.aborted) return [...found, unseen('apps', 'Some apps', lateBy('What they use'))]
    found.push(...drift.map((entry) => tell(look.deps, deployment, entry)))
  }
  return found
}

async function driftOf({ deps, cloudflare, signal }: Look, deployment: Deployment): Promise<LedgerEntry[]> {
  const { id, liveRelease, status } = deployment
  if (liveRelease === null || status === 'deleting') return []
  try {
    const ctx = await createContext({ ...deps, cloudflare }, id, liveRelease)
    return await within(signal, findDrift(ctx))
  } catch (error) {
    deps.log.warn({ err: error, deployment: id }, 'the doctor could not look at a deployment')
    return []
  }
}

function tell(deps: Deps, deployment: Deployment, { step, kind, name }: LedgerEntry): Found {
  const { id } = deployment
  const rebuild = {
    remedy: { text: 'Deploy again: only a build makes it anew.', automatic: true, safe: false },
    mend: (queue: Queue) => redeployApp(deps, queue, deployment),
  }
  const putBack = {
    remedy: { text: 'Put it back.', automatic: true, safe: true },
    mend: (queue: Queue) => whileIdle(queue, id, () => mendDrift(deps, id, step)),
  }
  return {
    id: `drift:${id}:${kind}:${name}`,
    kind: 'drift',
    severity: 'error',
    message: `The ${kind} ${name} of ${deployment.name} is missing or was changed.`,
    deploymentId: id,
    ...(step === 'build-image' ? rebuild : putBack),
  }
}

/** Looks again first: since the doctor looked, another release may have gone live, or the app may be gone. */
async function mendDrift(deps: Deps, id: string, step: string): Promise<void> {
  const deployment = await findDeployment(deps.db, id)
  if (!deployment || deployment.liveRelease === null || deployment.status === 'deleting') return
  const ctx = await createContext(deps, id, deployment.liveRelease)
  if ((await findDrift(ctx)).some((it) => it.step === step)) await makeAnew(ctx, step)
}
