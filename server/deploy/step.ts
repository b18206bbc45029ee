import type { Effect } from '../db/ledger.ts'
import { AppError } from '../errors.ts'
import type { StepContext } from './context.ts'

/**
 * How long a step's effects stay:
 * `deployed` until the deploy is over (a checkout) · `retired` until another release serves · `pruned` while the release
 * can be rolled back to (its image) · `deleted` as long as the deployment lives (volumes).
 */
export type Until = 'deployed' | 'retired' | 'pruned' | 'deleted'

/** The order in which effects go. Undoing "until retired" takes what only stayed until deployed, too. */
export const untilOrder: readonly Until[] = ['deployed', 'retired', 'pruned', 'deleted']

/**
 * One outside effect: how it is made, undone and looked for. `apply` run twice leaves what running it once leaves;
 * `revert` of what is not there succeeds and works from names alone, so it also undoes a step that died half-way.
 */
export type Step = {
  /** Verb-noun; also the file's name and the key on the ledger. */
  name: string
  /** What the deployment's status says meanwhile. */
  phase: 'building' | 'deploying'
  until: Until
  /** Needs nothing of the step before it and is applied while that one runs. */
  meanwhile?: boolean
  /** What `apply` is going to make, by the names the outside knows. Empty for a step without an outside effect. */
  effects(ctx: StepContext): Effect[]
  /** False when no release is given an outside effect by it. */
  hasEffects: boolean
  /** Refuses before anything at all is made. Changes nothing. */
  check?(ctx: StepContext): Promise<void>
  apply(ctx: StepContext): Promise<void>
  /** `kept` when the user asked for the effect to stay. */
  revert(ctx: StepContext): Promise<'kept' | undefined>
  /** Whether the effect is there: confirms `apply`, proves `revert`, finds drift. */
  inspect(ctx: StepContext, effect: Effect): Promise<boolean>
}

type Definition = Omit<Step, 'revert' | 'inspect' | 'effects' | 'hasEffects'> & {
  effects?: Step['effects']
  revert?: (ctx: StepContext) => Promise<'kept' | undefined> | Promise<void>
  inspect?: Step['inspect']
}

/** A step; one without outside effect leaves out `effects`, `revert` and `inspect`. */
export function defineStep(definition: Definition): Step {
  const { revert, ...rest } = definition
  return {
    effects: () => [],
    hasEffects: definition.effects !== undefined,
    inspect: async () => false,
    ...rest,
    revert: async (ctx) => (await revert?.(ctx)) ?? undefined,
  }
}

/** Whether the live release answers at the same host name, so that what belongs to the name has to stay. */
export const liveHoldsName = ({ live, release }: StepContext) => live?.subdomain === release.subdomain

/** Whether the effects that belong to the name are the live release's now: this one is not on its way up any more. */
export const handedOver = (ctx: StepContext) => liveHoldsName(ctx) && ctx.release.status !== 'running'

/** For taking back what was made at Cloudflare. Without its settings nobody could say that it is gone. @throws cloudflare_denied */
export function needCloudflare({ cloudflare, hostname }: StepContext): NonNullable<StepContext['cloudflare']> {
  if (cloudflare) return cloudflare
  throw new AppError(
    'cloudflare_denied',
    `${hostname} was published through Cloudflare, whose settings are gone. Set CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_ZONE_ID again, so that route and record can be taken away.`,
  )
}
