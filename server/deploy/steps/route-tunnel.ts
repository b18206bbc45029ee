import { defineStep, handedOver, liveHoldsName, needCloudflare } from '../step.ts'

/** The ingress rule that leads the host name through the tunnel to nginx. */
export const routeTunnel = defineStep({
  name: 'route-tunnel',
  phase: 'deploying',
  until: 'retired',
  effects: ({ cloudflare, hostname }) => (cloudflare ? [{ kind: 'tunnel-route', name: hostname }] : []),
  async check({ cloudflare, deployment, hostname, live, release, signal }) {
    if (live?.subdomain !== release.subdomain) await cloudflare?.checkHostname(hostname, deployment.id, signal)
  },
  async apply({ cloudflare, deployment, hostname }) {
    await cloudflare?.ensureTunnel()
    await cloudflare?.addRoute(hostname, deployment.id)
  },
  async revert(ctx) {
    if (!liveHoldsName(ctx)) await needCloudflare(ctx).removeRoute(ctx.hostname, ctx.deployment.id)
  },
  async inspect(ctx, { name }) {
    if (!ctx.cloudflare || handedOver(ctx)) return false
    return ctx.cloudflare.hasRoute(name, ctx.deployment.id)
  },
})
