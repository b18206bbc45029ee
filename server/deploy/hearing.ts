/** Whether everything that happened at the engine was heard. */
export type Hearing = {
  /** From now on everything is heard. Answers whether something was missed because an earlier line broke. */
  open(): boolean
  /** From now on nothing is heard. */
  break(): void
  /** Whether something may have happened that no round has looked at since. */
  hasMissed(): boolean
  /** A round begins to look at everything; what it answers is called when it has. */
  beginRound(): () => void
}

export function createHearing(): Hearing {
  let line = 0
  let isOpen = false
  let hasBroken = false
  let hasMissed = true
  return {
    open() {
      isOpen = true
      return hasBroken
    },
    break() {
      line += 1
      isOpen = false
      hasBroken = true
      hasMissed = true
    },
    hasMissed: () => hasMissed,
    beginRound() {
      const heardFrom = isOpen ? line : undefined
      return () => {
        if (heardFrom === line) hasMissed = false
      }
    },
  }
}
