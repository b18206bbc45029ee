import { defineStep, handedOver, liveHoldsName, needCloudflare } from '../step.ts'

/** The CNAME to the tunnel. A record that is not ours is never touched; `route-tunnel` refuses it before anything is made. */
export const pointDns = defineStep({
  name: 'point-dns',
  phase: 'deploying',
  until: 'retired',
  effects: ({ cloudflare, hostname }) => (cloudflare ? [{ kind: 'dns-record', name: hostname }] : []),
  async apply({ cloudflare, deployment, hostname }) {
    await cloudflare?.addRecord(hostname, deployment.id)
  },
  async revert(ctx) {
    if (!liveHoldsName(ctx)) await needCloudflare(ctx).removeRecord(ctx.hostname, ctx.deployment.id)
  },
  async inspect(ctx, { name }) {
    if (!ctx.cloudflare || handedOver(ctx)) return false
    return ctx.cloudflare.hasRecord(name, ctx.deployment.id)
  },
})
