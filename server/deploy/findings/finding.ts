import type { Deps } from '../../deps.ts'
import type { Queue } from '../queue.ts'

export type Finding = {
  /** Stable while it lasts; what `repair` takes. */
  id: string
  kind: 'machine' | 'orphan' | 'drift' | 'stuck' | 'quarantine' | 'kept'
  /** A note is nothing wrong. */
  severity: 'error' | 'warning' | 'note'
  message: string
  /** The app it is about; of what is kept, the one that was deleted: it has a receipt. */
  deploymentId?: string
  /** Safe remedies are applied when nothing is named; an orphan goes only when it is. */
  remedy: { text: string; automatic: boolean; safe: boolean }
}

export type Found = Finding & { mend?: (queue: Queue) => Promise<void> }

/**
 * What a look works with. Its `cloudflare` answers from what was asked in the last minute; remedies work with the `deps`
 * of the doctor. The signal fires when the time of the look is up.
 */
export type Look = { deps: Deps; cloudflare: Deps['cloudflare']; signal: AbortSignal }

export const LOOK_MS = 10_000

export const UNSEEN = 'machine:unseen:'

/** A part of the machine that could not be looked at. */
export const unseen = (part: string, what: string, why: string): Found => ({
  id: `${UNSEEN}${part}`,
  kind: 'machine',
  severity: 'warning',
  message: `${what} could not be looked at. ${why}`,
  remedy: {
    text: 'Look again when it answers. What is wrong there is not known until then.',
    automatic: false,
    safe: false,
  },
})

/** In words. */
export const lateBy = (what: string) => `${what} did not answer within ${LOOK_MS / 1000} seconds.`
