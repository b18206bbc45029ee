import { probePort } from '../../adapters/probe.ts'
import { listLedger, recordEffects } from '../../db/ledger.ts'
import { blockPort, claimPort as claim, findPort, releasePort } from '../../db/ports.ts'
import { AppError } from '../../errors.ts'
import type { StepContext } from '../context.ts'
import { defineStep } from '../step.ts'

const holderOf = ({ deployment, release }: StepContext) => ({ deploymentId: deployment.id, release: release.number })

/** The lowest free port on 127.0.0.1. It is given back only after the proxy has let go of it. */
export const claimPort = defineStep({
  name: 'claim-port',
  phase: 'building',
  until: 'retired',
  meanwhile: true,
  effects: ({ port }) => (port === undefined ? [] : [{ kind: 'port', name: String(port) }]),
  async apply(ctx) {
    ctx.port ??= await claimFree(ctx)
  },
  async revert(ctx) {
    if (await wasPublished(ctx)) await ctx.nginx.drained(ctx.signal)
    await releasePort(ctx.db, holderOf(ctx))
    ctx.port = undefined
  },
  inspect: async (ctx, { name }) => (await findPort(ctx.db, holderOf(ctx))) === Number(name),
})

/** Whether nginx may still know the port. A release that failed before is not to wait for the visitors of others. */
const wasPublished = async ({ db, deployment, release }: StepContext): Promise<boolean> =>
  (await listLedger(db, deployment.id)).some((it) => it.release === release.number && it.step === 'publish-vhost')

/** Claims ports until one is free of processes outside, too; the others are remembered with the reason. */
async function claimFree(ctx: StepContext): Promise<number> {
  const { from, to } = ctx.config.portRange
  for (;;) {
    const port = await claimWithLedger(ctx)
    if (port === undefined) {
      throw new AppError(
        'no_free_port',
        `No port from ${from} to ${to} is free. Delete an app, or widen SLIPWAY_PORT_RANGE.`,
      )
    }
    const holder = await probePort(port)
    if (holder === undefined) return port
    await giveUpPort(ctx, port, holder)
  }
}

/** The claim and its ledger entry are one transaction: the effect is a row of the same database. */
function claimWithLedger(ctx: StepContext): Promise<number | undefined> {
  return ctx.db.transaction().execute(async (db) => {
    const port = await claim(db, holderOf(ctx), ctx.config.portRange)
    if (port !== undefined) await writeLedger(ctx, db, port, 'pending')
    return port
  })
}

/** Another process has the port: remembers why and takes it off this release's ledger. */
export async function giveUpPort(ctx: StepContext, port: number, reason: string): Promise<void> {
  ctx.say(`Port ${port} is ${reason}; trying the next one`)
  await ctx.db.transaction().execute(async (db) => {
    await blockPort(db, port, reason)
    await writeLedger(ctx, db, port, 'removed')
  })
  ctx.port = undefined
}

const writeLedger = (ctx: StepContext, db: StepContext['db'], port: number, state: 'pending' | 'removed') =>
  recordEffects(db, { ...holderOf(ctx), step: 'claim-port' }, [{ kind: 'port', name: String(port) }], state)
