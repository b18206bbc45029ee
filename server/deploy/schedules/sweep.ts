import { listStanding } from '../../db/ledger.ts'
import type { Deps } from '../../deps.ts'
import { JOB_STEP, takeAwayJob } from './job-container.ts'

export type Sweep = {
  /** Takes away the containers that no run of this process has. What a delete has begun to remove is left to that. */
  now(): Promise<void>
  /** The same in a minute: what could not be taken away is tried again. */
  soon(): void
  stop(): void
}

const AGAIN_MS = 60_000

/** Clears away what scheduled jobs left: the server died under them, or the engine would not remove it. */
export function createSweep(deps: Deps): Sweep {
  const { db, log, running } = deps
  let isStopped = false
  let again: NodeJS.Timeout | undefined

  async function now(): Promise<void> {
    const standing = await listStanding(db)
    const left = standing.filter((it) => it.step === JOB_STEP && it.kind === 'container' && it.state === 'pending')
    for (const { deploymentId, release, name } of left) {
      const key = name.slice(-8)
      if (running.find((it) => it.deploymentId === deploymentId && it.key === key)) continue
      await running
        .hold({ deploymentId, release, key }, () => takeAwayJob(deps, { deploymentId, release, name }))
        .catch((error: unknown) => {
          log.warn({ err: error, container: name }, 'the container of a job could not be removed yet')
          soon()
        })
    }
  }

  function soon(): void {
    if (isStopped) return
    again ??= setTimeout(() => {
      again = undefined
      void now().catch((error: unknown) => log.error({ err: error }, 'what jobs left could not be looked at'))
    }, AGAIN_MS).unref()
  }

  return {
    now,
    soon,
    stop() {
      isStopped = true
      clearTimeout(again)
    },
  }
}
