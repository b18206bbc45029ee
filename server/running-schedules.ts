/** A run of a scheduled job that works in this process, or waits for its turn. */
export type RunningSchedule = {
  deploymentId: string
  /** Of the release whose image it runs in; undefined while it waits. */
  release: number | undefined
  /** What a container of it is named by: the first letters of the schedule's id. */
  key: string
  runId?: number
  /** What it printed so far. */
  log?: () => string
}

/** What runs at the moment, so that a delete can end it and be sure that nothing more is made. */
export type RunningSchedules = {
  /** Does `work`; from this very moment on the schedule counts as running. */
  hold(run: RunningSchedule, work: (signal: AbortSignal) => Promise<void>): Promise<void>
  find(which: (run: RunningSchedule) => boolean): RunningSchedule | undefined
  /** Aborts those meant and waits until each has cleaned up after itself. */
  end(which: (run: RunningSchedule) => boolean, reason: Error): Promise<void>
}

export function createRunningSchedules(): RunningSchedules {
  const all = new Map<RunningSchedule, { controller: AbortController; done: Promise<void> }>()
  return {
    async hold(run, work) {
      const controller = new AbortController()
      const over = Promise.withResolvers<void>()
      all.set(run, { controller, done: over.promise })
      try {
        await work(controller.signal)
      } finally {
        all.delete(run)
        over.resolve()
      }
    },
    find: (which) => [...all.keys()].find(which),
    async end(which, reason) {
      const meant = [...all].filter(([run]) => which(run)).map(([, it]) => it)
      for (const { controller } of meant) controller.abort(reason)
      await Promise.all(meant.map((it) => it.done))
    },
  }
}
