import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerEntry } from '../db/ledger.ts'
import { listSteps } from '../db/releases.ts'
import type { AppError, ErrorCode } from '../errors.ts'
import type { StepContext } from './context.ts'
import type { Step } from './step.ts'

/** So long after it answers again a neighbour may go on with what nobody waits for any more. */
const LATE_MS = 2000
const LOOK_MS = 100

/** What failed with one of these may have been done all the same: no answer came. */
const UNANSWERED: readonly ErrorCode[] = [
  'engine_unreachable',
  'engine_failed',
  'cloudflare_unavailable',
  'github_unavailable',
]
export const isUnanswered = ({ code }: AppError) => UNANSWERED.includes(code)

/** Waits for what may still come true, for all steps of one undoing together as long as is sensible. */
export type LateEffects = (step: Step, effects: LedgerEntry[]) => Promise<void>

/**
 * The engine, Cloudflare and GitHub go on with a request whose sender has died or has given up. What is looked for at once
 * and not found would be called removed, and made a moment later, with nobody to own it.
 */
export async function awaitLateEffects(ctx: StepContext): Promise<LateEffects> {
  const begun = await listSteps(ctx.db, ctx.deployment.id, ctx.release.number)
  const hasFailed = ({ name }: Step) => begun.some((it) => it.name === name && it.error !== null)
  /** Nobody noted how it ended, or what was noted is that nobody knows. */
  const mayBeMade = (step: Step, { state, error }: LedgerEntry) =>
    state === 'pending' && (error !== null || !hasFailed(step))
  let until: number | undefined

  async function untilMade(step: Step, effect: LedgerEntry): Promise<void> {
    while (!ctx.signal.aborted && !(await step.inspect(ctx, effect))) {
      until ??= performance.now() + LATE_MS
      if (performance.now() >= until) return
      await sleep(LOOK_MS)
    }
  }

  return async (step, effects) => {
    for (const effect of effects) if (mayBeMade(step, effect)) await untilMade(step, effect)
  }
}
