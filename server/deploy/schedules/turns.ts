import { within } from '../within.ts'

/** Does `work` when it is its turn. @throws the signal's reason while it waits */
export type Turns = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/** So many work at once; the others wait in the order they came. */
export function createTurns(atOnce: number): Turns {
  let working = 0
  const waiting: (() => void)[] = []

  async function wait(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>()
    waiting.push(turn.resolve)
    try {
      await within(signal, turn.promise)
    } catch (error) {
      const at = waiting.indexOf(turn.resolve)
      if (at >= 0) waiting.splice(at, 1)
      else pass()
      throw error
    }
  }

  /** Whose turn has come takes over the place of the one that ended. */
  function pass() {
    const next = waiting.shift()
    if (next) next()
    else working -= 1
  }

  return async (signal, work) => {
    if (working < atOnce) working += 1
    else await wait(signal)
    try {
      return await work()
    } finally {
      pass()
    }
  }
}
