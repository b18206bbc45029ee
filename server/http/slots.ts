import { AppError } from '../errors.ts'

type Limits = {
  /** How many work at once. */
  atOnce: number
  /** How many more may wait, and how long. Milliseconds. */
  waiting: number
  waitMs: number
}

/** A limit to what is done at once; answers what the work does. @throws busy when there are too many, or none ends in time */
export type Slots = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

export function createSlots({ atOnce, waiting, waitMs }: Limits): Slots {
  let working = 0
  const queue: (() => void)[] = []

  async function wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw gone()
    if (queue.length >= waiting) throw busy()
    const turn = Promise.withResolvers<void>()
    const timer = setTimeout(() => turn.reject(busy()), waitMs)
    const leave = () => turn.reject(gone())
    signal.addEventListener('abort', leave, { once: true })
    queue.push(turn.resolve)
    try {
      await turn.promise
    } catch (error) {
      queue.splice(queue.indexOf(turn.resolve), 1)
      throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    }
  }

  return async (signal, work) => {
    // Whose turn has come takes over the place of the one that ended.
    if (working < atOnce) working += 1
    else await wait(signal)
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next) next()
      else working -= 1
    }
  }
}

const busy = () =>
  new AppError('busy', 'Slipway looks into other repositories at the moment. Wait a little, then try again.')

const gone = () => new AppError('cancelled', 'Nobody waits for the answer any more.')
