import type { ErrorCode } from '../../errors.ts'

export type Stage = 'build' | 'start'

/** How one kind of failure is recognised in a log, and what is said about it. */
export type Rule = {
  name: string
  /** Where it happens; at both when left out. */
  stage?: Stage
  /**
   * Looked for in all lines at once; the last place counts. Every repetition has a limit: a log is what strangers wrote,
   * and must not take longer the stranger it is.
   */
  pattern: RegExp
  /**
   * `cause` explains what comes after it, so it wins over all else; `vague` counts only where nothing else was found.
   */
  weight?: 'cause' | 'vague'
  /** Instead of that of the step. */
  code?: ErrorCode
  /** A sentence. `{name}` is what the group of that name found; what stands in `[[…]]` is left out where it found nothing. */
  message: string
  /** What to do about it. */
  hint: string
  /** The group whose findings are all named, not only the last: “A, B and 3 more”. */
  all?: string
  /** The file that was imported and not found stands in the group `wanted`: it may be there in other letters. */
  isImport?: true
}

/** What Slipway says about a failure. */
export type Explanation = {
  /** The name of the rule. */
  rule: string
  code: ErrorCode | undefined
  message: string
  hint: string
  /** The file that was imported and not found. */
  wanted?: string
}
