import { containerName } from '../names.ts'
import type { StepContext } from './context.ts'
import type { Round } from './hearing.ts'
import type { Change } from './reconcile.ts'

/**
 * Starts the container of an app that should run where the engine does not do it by itself. After a crash of its own an
 * engine ends the containers that went on without it, takes that for the wish of somebody, and leaves them ended (Docker
 * 20.10, `unless-stopped`). And one that it could not start it never tries again.
 *
 * What somebody ended at the engine while Slipway listened stays ended. Where nobody listened for a while it cannot be told
 * from the former, and what Slipway was told counts: an app that is not stopped runs.
 */
export async function startAgain(ctx: StepContext, round: Round): Promise<Change[]> {
  const { deployment, events, log } = ctx
  if (deployment.stopped) return []
  const name = containerName(ctx.config.instance, ctx.ref)
  try {
    const isStarted = await startIfLeft(ctx, name, () => round.hasMissed(deployment.id))
    round.saw(deployment.id)
    if (!isStarted) return []
  } catch (error) {
    log.warn({ err: error, deployment: deployment.id }, 'could not start a container again')
    return []
  }
  const base = { step: 'start-container', kind: 'container', name }
  events.publish({ type: 'repaired', deployment: deployment.id, ...base })
  return [{ deploymentId: deployment.id, ...base, what: 'started again' }]
}

async function startIfLeft({ deployment, docker }: StepContext, name: string, hasMissed: () => boolean) {
  const state = await docker.inspectContainer(name)
  if (state?.status !== 'exited' && state?.status !== 'created') return false
  if (!state.couldNotStart && !(hasMissed() && deployment.status === 'running')) return false
  await docker.resumeContainer(name)
  return true
}
