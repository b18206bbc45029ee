/** One thing that was tried at a neighbour. `message` says what was found, and what to do about it when it is not ok. */
export type Check = {
  name: string
  ok: boolean
  message: string
  /** Of the app it is about. */
  hostname?: string
}

/** A check, tried. `work` answers the message of success, and throws that of failure. */
export type Try = (name: string, restsOn: Check[], work: () => Promise<string>) => Promise<Check>

/**
 * Tries checks within the time of the signal. What rests on a check that failed is not tried: it is not ok for the same
 * reason. When time is up the message is `late`. `explain` makes the message of what was thrown.
 */
export function createTry(late: string, explain: (error: unknown) => string, signal: AbortSignal | undefined): Try {
  const timeUp = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  timeUp.catch(() => undefined)

  return async (name, restsOn, work) => {
    const broken = restsOn.find((check) => !check.ok)
    if (broken) return { name, ok: false, message: broken.message }
    try {
      signal?.throwIfAborted()
      return { name, ok: true, message: await Promise.race([work(), timeUp]) }
    } catch (error) {
      return { name, ok: false, message: signal?.aborted ? late : explain(error) }
    }
  }
}
