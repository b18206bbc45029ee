import { findPort } from '../../db/ports.ts'
import { AppError } from '../../errors.ts'
import { type StepContext, vhostOf } from '../context.ts'
import { defineStep, liveHoldsName } from '../step.ts'

/** From here on visitors reach the new release. */
export const publishVhost = defineStep({
  name: 'publish-vhost',
  phase: 'deploying',
  until: 'retired',
  effects: ({ nginx, release }) => (nginx.mode === 'off' ? [] : [{ kind: 'vhost', name: `${release.subdomain}.conf` }]),
  /** An nginx that runs but is just being reloaded, or has put a vhost aside, is no reason to refuse. */
  async check({ nginx }) {
    const { ok, running, problem } = await nginx.check()
    if (!ok && !running) throw new AppError('nginx_missing', problem ?? 'nginx does not run.')
  },
  apply: (ctx) => ctx.nginx.install(vhostOf(ctx, ctx.release, ctx.port)),
  /**
   * Points back at the live release, so a failed redeploy leaves the old version serving. What visitors have asked this
   * one for already is answered before its container may stop; of an app that is deleted nobody waits for answers.
   */
  async revert(ctx) {
    const { deployment, live, nginx, release, signal } = ctx
    if (nginx.mode === 'off')
      throw new AppError(
        'nginx_missing',
        'This app was published through nginx, and SLIPWAY_NGINX is off now. Switch it on again, so that the vhost can be taken away.',
      )
    if (live && liveHoldsName(ctx)) await nginx.install(vhostOf(ctx, live, await livePort(ctx)))
    else await nginx.uninstall(release.subdomain, deployment.id)
    if (live) await nginx.drained(signal)
  },
  async inspect(ctx) {
    const { deployment, nginx, release } = ctx
    if (liveHoldsName(ctx)) return nginx.has(vhostOf(ctx, release, ctx.port))
    if (deployment.liveRelease !== release.number) return nginx.owns(release.subdomain, deployment.id)
    return (await nginx.has(vhostOf(ctx, release, ctx.port))) || isPutAside(ctx)
  },
})

/** One that nginx refused is for the doctor to tell, and for the user to have written anew. */
const isPutAside = async ({ nginx, release }: StepContext) =>
  (await nginx.list()).some((it) => it.subdomain === release.subdomain && it.quarantined)

const livePort = ({ db, deployment, live }: StepContext) =>
  findPort(db, { deploymentId: deployment.id, release: live?.number ?? 0 })
