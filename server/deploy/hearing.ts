/** Whether everything that happened at the engine was heard. */
export type Hearing = {
  /** From now on everything is heard. Answers whether something was missed because an earlier line broke. */
  open(): boolean
  /** From now on nothing is heard. */
  break(): void
  /** A round begins to look at the apps. */
  beginRound(): Round
}

export type Round = {
  /** Whether something may have happened to the app that no round has looked at since. */
  hasMissed(deploymentId: string): boolean
  /** The round has looked at the app. One that a job was under way for, or that the engine did not answer for, waits for the next. */
  saw(deploymentId: string): void
}

/** For a look at an app because of what was heard of it. */
export const NO_ROUND: Round = { hasMissed: () => false, saw: () => undefined }

export function createHearing(): Hearing {
  let line = 0
  let isOpen = false
  let hasBroken = false
  const seen = new Set<string>()
  return {
    open() {
      isOpen = true
      return hasBroken
    },
    break() {
      line += 1
      isOpen = false
      hasBroken = true
      seen.clear()
    },
    beginRound() {
      const heardFrom = isOpen ? line : undefined
      return {
        hasMissed: (id) => !seen.has(id),
        saw: (id) => {
          if (heardFrom === line) seen.add(id)
        },
      }
    },
  }
}
