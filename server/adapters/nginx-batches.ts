/** Runs one task after the other. A failed task does not stop the next. */
export function createLock() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(task: () => Promise<T>): Promise<T> => {
    const next = last.then(task, task)
    last = next.catch(() => undefined)
    return next
  }
}

type Waiting<C> = { change: C; resolve: () => void; reject: (error: unknown) => void }

/**
 * Gathers changes that arrive while another batch is being applied, so that they share one test and one reload. When a
 * shared batch fails, each of its changes is applied by itself: nobody fails for a neighbour's fault.
 */
export function createBatches<C extends { file: string }>(
  lock: ReturnType<typeof createLock>,
  apply: (changes: C[]) => Promise<void>,
) {
  let waiting: Waiting<C>[] = []

  /** As many as there are up to the second change of one file: their order matters. */
  const takeBatch = () => {
    const again = waiting.findIndex((one, index) =>
      waiting.slice(0, index).some((other) => other.change.file === one.change.file),
    )
    const batch = waiting.slice(0, again === -1 ? undefined : again)
    waiting = waiting.slice(batch.length)
    return batch
  }

  const applyBatch = async (batch: Waiting<C>[]): Promise<void> => {
    try {
      if (batch.length > 0) await apply(batch.map((one) => one.change))
      for (const one of batch) one.resolve()
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const one of batch) await applyBatch([one])
    }
  }

  return (change: C): Promise<void> => {
    const done = new Promise<void>((resolve, reject) => waiting.push({ change, resolve, reject }))
    void lock(() => applyBatch(takeBatch()))
    return done
  }
}
