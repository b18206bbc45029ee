import { containerName } from '../names.ts'
import type { StepContext } from './context.ts'
import type { Change } from './reconcile.ts'

/**
 * Starts the container of an app that should run where the engine does not do it by itself. After a crash of its own an
 * engine ends the containers that went on without it, takes that for the wish of somebody, and leaves them ended (Docker
 * 20.10, `unless-stopped`). And one that it could not start it never tries again.
 *
 * What somebody ended at the engine while Slipway listened stays ended. `hasMissed`: nobody listened for a while, so it
 * cannot be told from the former, and what Slipway was told counts: an app that is not stopped runs.
 */
export async function startAgain(ctx: StepContext, hasMissed: () => boolean): Promise<Change[]> {
  const { deployment, docker, events, log } = ctx
  if (deployment.stopped) return []
  const name = containerName(ctx.config.instance, ctx.ref)
  const base = { deploymentId: deployment.id, step: 'start-container', kind: 'container', name }
  try {
    const state = await docker.inspectContainer(name)
    if (state?.status !== 'exited' && state?.status !== 'created') return []
    if (!state.couldNotStart && !(hasMissed() && deployment.status === 'running')) return []
    await docker.resumeContainer(name)
  } catch (error) {
    log.warn({ err: error, deployment: deployment.id }, 'could not start a container again')
    return []
  }
  events.publish({ type: 'repaired', deployment: deployment.id, step: base.step, kind: base.kind, name })
  return [{ ...base, what: 'started again' }]
}
