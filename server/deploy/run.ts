import { type Effect, type LedgerEntry, listLedger, moveEffects, recordEffects } from '../db/ledger.ts'
import { saveStep } from '../db/releases.ts'
import type { Db, StepState, StoredError } from '../db/schema.ts'
import { AppError, toAppError } from '../errors.ts'
import { createMask } from '../mask.ts'
import { type StepContext, secretsOf } from './context.ts'
import { awaitLateEffects, isUnanswered, type LateEffects } from './late-effects.ts'
import { pipeline } from './pipeline.ts'
import type { Step, Until } from './step.ts'
import { untilOrder } from './step.ts'

/** A step that failed, with the step's name for the user. */
export class StepError extends Error {
  readonly step: string
  override readonly cause: AppError
  constructor(step: string, cause: AppError) {
    super(cause.message, { cause })
    this.step = step
    this.cause = cause
  }
}

export const storedError = (step: string | undefined, error: AppError): StoredError => ({
  ...(step !== undefined && { step }),
  code: error.code,
  message: error.message,
  ...(error.hint !== undefined && { hint: error.hint }),
  ...(error.port !== undefined && { port: error.port }),
})

/**
 * Asks every step at once whether it would refuse. Nothing has been made yet when this throws, and no step has begun: the
 * error alone names the one that refuses.
 * @throws StepError of the first step in the list that refuses
 */
export async function checkAll(steps: readonly Step[], ctx: StepContext): Promise<void> {
  const answers = await Promise.allSettled(steps.map((step) => step.check?.(ctx)))
  for (const [index, answer] of answers.entries()) {
    const step = steps[index]
    if (step && answer.status === 'rejected') throw new StepError(step.name, reasonOf(ctx, answer.reason))
  }
}

type OnStep = (step: Step) => Promise<void>

/**
 * Applies the steps in order; those marked `meanwhile` go on beside the step before them. Each effect is on the ledger
 * as `pending` before it is made, and as `present` once it has been looked for and found.
 * @throws StepError of the first step that fails; what was made so far stays, for `revertAll`. Nothing runs any more.
 */
export async function applyAll(steps: readonly Step[], ctx: StepContext, onStep: OnStep): Promise<void> {
  const inOrder = async (part: Step[]) => {
    for (const step of part) await applyStep(step, ctx, onStep)
  }
  let at = 0
  while (at < steps.length) {
    const next = steps.findIndex((step, index) => index > at && !step.meanwhile)
    const [main, ...beside] = steps.slice(at, next < 0 ? steps.length : next)
    const ends = await Promise.allSettled([inOrder(main ? [main] : []), inOrder(beside)])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    at = next < 0 ? steps.length : next
  }
}

async function applyStep(step: Step, ctx: StepContext, onStep: OnStep): Promise<void> {
  await onStep(step)
  try {
    ctx.signal.throwIfAborted()
    await applyOne(step, ctx)
  } catch (error) {
    await fail(ctx, step, error)
  }
}

async function applyOne(step: Step, ctx: StepContext): Promise<void> {
  const owner = ownerOf(ctx, step)
  const noted = step.effects(ctx)
  await note(ctx, step, 'running', (db) => recordEffects(db, owner, noted, 'pending'))
  await step.apply(ctx)
  if (ctx.deployment.liveRelease !== ctx.release.number) ctx.signal.throwIfAborted()
  const effects = step.effects(ctx)
  for (const effect of effects) {
    if (!(await step.inspect(ctx, effect))) {
      throw new AppError(
        'internal',
        `${step.name} ended without an error, but there is no ${effect.kind} ${effect.name}. Deploy again.`,
      )
    }
  }
  await note(ctx, step, 'done', (db) => recordEffects(db, owner, effects, 'present'))
  await dropUnmade(ctx, step, noted, effects)
}

/** What a step had noted and then did without, because the outside would not have it, is looked for and crossed out. */
async function dropUnmade(ctx: StepContext, step: Step, noted: Effect[], made: Effect[]): Promise<void> {
  const unmade = noted.filter((it) => !made.some(({ kind, name }) => kind === it.kind && name === it.name))
  for (const effect of unmade) {
    if (!(await step.inspect(ctx, effect))) await recordEffects(ctx.db, ownerOf(ctx, step), [effect], 'removed')
  }
}

/**
 * Undoes what stands on the ledger of this release and does not outlive `until`, bottom to top, and looks that each
 * effect is gone. Stops at the first that will not go: what lies above may depend on it.
 * @throws StepError; the entry keeps the reason, and calling again goes on from there.
 */
export async function revertAll(steps: readonly Step[], ctx: StepContext, until: Until): Promise<void> {
  const standing = (await listLedger(ctx.db, ctx.deployment.id)).filter(
    (entry) => entry.release === ctx.release.number && entry.state !== 'removed',
  )
  const reach = untilOrder.indexOf(until)
  const untilMade = await awaitLateEffects(ctx)
  for (const step of steps.toReversed()) {
    const effects = standing.filter((entry) => entry.step === step.name)
    if (effects.length > 0 && untilOrder.indexOf(step.until) <= reach) await revertOne(step, ctx, effects, untilMade)
  }
}

async function revertOne(step: Step, ctx: StepContext, effects: LedgerEntry[], untilMade: LateEffects): Promise<void> {
  const owner = ownerOf(ctx, step)
  try {
    await untilMade(step, effects)
    await note(ctx, step, 'undoing', (db) => moveEffects(db, owner, 'removing'))
    const kept = (await step.revert(ctx)) === 'kept'
    for (const effect of kept ? [] : effects) {
      if (await step.inspect(ctx, effect)) {
        throw new AppError('internal', `The ${effect.kind} ${effect.name} is still there after it was removed.`)
      }
    }
    await note(ctx, step, 'undone', (db) => moveEffects(db, owner, 'removed', kept ? 'kept' : undefined))
  } catch (error) {
    const reason = toAppError(ctx.signal.aborted ? ctx.signal.reason : error)
    await moveEffects(ctx.db, owner, 'removing', reason.message)
    throw new StepError(step.name, reason)
  }
}

const ownerOf = (ctx: StepContext, step: Step) => ({
  deploymentId: ctx.deployment.id,
  release: ctx.release.number,
  step: step.name,
})

/** Writes a step's state and its ledger entries in one transaction, then tells whoever listens. */
async function note(
  ctx: StepContext,
  step: Step,
  state: StepState,
  alsoWrite?: (db: Db) => Promise<void>,
  error?: StoredError,
) {
  const position = pipeline.indexOf(step)
  await ctx.db.transaction().execute(async (db) => {
    await alsoWrite?.(db)
    await saveStep(db, ctx.release, { name: step.name, position, state, ...(error && { error }) })
  })
  const { deployment, release, events } = ctx
  events.publish({
    type: 'step',
    deployment: deployment.id,
    release: release.number,
    step: step.name,
    state,
    ...(error && { error }),
  })
}

async function fail(ctx: StepContext, step: Step, error: unknown): Promise<never> {
  const reason = reasonOf(ctx, error)
  const own = withoutSecrets(ctx, toAppError(error))
  const noteDoubt = (db: Db) => moveEffects(db, ownerOf(ctx, step), 'pending', own.message)
  await note(ctx, step, 'failed', isUnanswered(own) ? noteDoubt : undefined, storedError(step.name, reason))
  throw new StepError(step.name, reason)
}

const reasonOf = (ctx: StepContext, error: unknown): AppError =>
  withoutSecrets(ctx, toAppError(ctx.signal.aborted ? ctx.signal.reason : error))

/** A build's last message may hold what the build was given. */
function withoutSecrets({ env }: StepContext, error: AppError): AppError {
  const { code, message, field, hint, port, cause } = error
  const mask = createMask(secretsOf(env))
  if (mask(message) === message && (hint === undefined || mask(hint) === hint)) return error
  return new AppError(code, mask(message), {
    ...(field !== undefined && { field }),
    ...(hint !== undefined && { hint: mask(hint) }),
    ...(port !== undefined && { port }),
    cause,
  })
}
