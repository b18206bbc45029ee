import { insertDelivery, type Outcome, wasTaken } from '../db/deliveries.ts'
import { type Deployment, findDeployment, updateDeployment } from '../db/deployments.ts'
import { type Db, now } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { createInTurn } from './in-turn.ts'
import { onPullRequest, readPullRequestEvent } from './previews.ts'
import { onPush, whyNot } from './pushes.ts'
import type { Queue } from './queue.ts'
import { type Push, readPush } from './read-push.ts'
import { announce } from './status.ts'

/**
 * An event as GitHub delivers it, its signature checked. `id` is GitHub's, the same when it is delivered again; `digest`
 * is that of the body.
 */
export type Event = { id: string; name: string; digest: string; payload: unknown }

/** Hears of an event on behalf of one deployment, and answers what came of it. */
export type TakeDelivery = (deployment: Deployment, event: Event) => Promise<Outcome>

/**
 * What came of an event is kept after it was done: one that we died over is done again when GitHub delivers it anew, and
 * one that was done changes nothing then. Those for one deployment are taken one after the other.
 */
export function createTakeDelivery(deps: Deps, queue: Queue): TakeDelivery {
  const inTurn = createInTurn()
  return (deployment, event) =>
    inTurn(deployment.id, async () => {
      const { id: deploymentId } = deployment
      const { id, name, digest } = event
      if (await wasTaken(deps.db, { deploymentId, id, digest })) {
        return { deployed: false, reason: 'This delivery was taken already.' }
      }
      const push = name === 'push' ? readPush(event.payload) : undefined
      const outcome = await act(deps, queue, deployment, event, push)
      const { ref = null, sha = null } = push ?? {}
      // One that was not wanted makes none late that is.
      const pushedAt = push && whyNot(deployment, push) === undefined ? push.pushedAt : null
      await deps.db.transaction().execute(async (db) => {
        // A delete may have taken the app with it meanwhile: then there is nobody left to keep it for.
        if ((await noteHeard(db, deploymentId)) === undefined) return
        await insertDelivery(db, { id, deploymentId, event: name, ref, sha, pushedAt, digest, ...outcome })
      })
      // Not before it can be read: whoever shows the list of deliveries asks for it now.
      await announce(deps, deploymentId)
      return outcome
    })
}

async function act(
  deps: Deps,
  queue: Queue,
  deployment: Deployment,
  event: Event,
  push: Push | undefined,
): Promise<Outcome> {
  if (push) return onPush(deps, queue, deployment, push)
  if (event.name === 'pull_request') return actOnPullRequest(deps, queue, deployment, event.payload)
  if (event.name === 'ping') return { deployed: false, reason: 'GitHub reaches Slipway.' }
  return { deployed: false, reason: `Slipway does nothing about ${event.name}.` }
}

async function actOnPullRequest(deps: Deps, queue: Queue, deployment: Deployment, payload: unknown): Promise<Outcome> {
  const event = readPullRequestEvent(payload)
  if (!event) return { deployed: false, reason: 'This is not what GitHub tells of a pull request.' }
  const { deployed, outcome } = await onPullRequest(deps, queue, deployment, event)
  return { deployed, reason: outcome }
}

const QUIET_MS = 60_000

/** From now on nobody has to ask GitHub for pushes. Written once a minute at most. */
async function noteHeard(db: Db, id: string): Promise<Deployment | undefined> {
  const deployment = await findDeployment(db, id)
  if (!deployment) return undefined
  const { state, heardAt } = deployment.webhook ?? {}
  if (state === 'active' && heardAt !== undefined && Date.now() - Date.parse(heardAt) < QUIET_MS) return deployment
  const { reason: _over, ...webhook } = deployment.webhook ?? {}
  await updateDeployment(db, id, { webhook: { ...webhook, state: 'active', heardAt: now() } })
  return deployment
}
