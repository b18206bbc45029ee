import { setTimeout as sleep } from 'node:timers/promises'
import { type Held, isHeld, updateBackup } from '../../db/backups.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { isCommandContainer } from '../../names.ts'
import type { BackupHold } from '../../states.ts'
import type { Queue } from '../queue.ts'

/** `how`: what is done to the app; a job's container can only be paused, for it would not be started again. */
export type Wish = { backupId: string; deploymentId: string; app: string; volumes: string[]; how: BackupHold }

/** How often it is looked whether a deploy is over, and for how much longer than a build may take. */
const POLL_MS = 250
const GRACE_MS = 10 * 60_000
const STOP_SECONDS = 30
/** An engine that does not answer for a moment does not fail a backup. */
const TRIES = 6
const PAUSE_MS = 500

/**
 * Keeps every container that has these volumes from writing to them, and jobs from starting on the app, until what it
 * answers is called. Who is held is written down before: after a crash the next start lets them go on.
 * @throws busy when deploys leave no gap
 */
export async function holdApp(deps: Deps, queue: Queue, wish: Wish, signal: AbortSignal): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const occupied = whenIdle(deps, queue, wish, signal, async () => {
    const users = await listWriting(deps, wish)
    await updateBackup(deps.db, wish.backupId, { held: users })
    try {
      for (const user of users) await freeze(deps, user)
      held.resolve()
      await over.promise
    } finally {
      await letGo(deps, wish.backupId, users)
    }
  })
  await Promise.race([held.promise, occupied])
  return async () => {
    over.resolve()
    await occupied
  }
}

/** Whoever is about to write to the volumes of an app waits here until they were read. @throws the signal's reason */
export async function untilLetGo({ db }: Pick<Deps, 'db'>, deploymentId: string, signal: AbortSignal): Promise<void> {
  while (await isHeld(db, deploymentId)) {
    signal.throwIfAborted()
    await pause(signal)
  }
}

/** @throws the signal's reason */
const pause = (signal: AbortSignal) =>
  sleep(POLL_MS, undefined, { signal }).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error
  })

async function whenIdle(
  { config }: Deps,
  queue: Queue,
  { deploymentId, app }: Wish,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const until = performance.now() + config.buildTimeoutSeconds * 1000 + GRACE_MS
  while (performance.now() < until) {
    signal.throwIfAborted()
    const isDone = await queue.whileIdle(deploymentId, async () => {
      await work()
      return true
    })
    if (isDone) return
    await pause(signal)
  }
  throw new AppError('busy', `${app} was being deployed all the time, so its data could not be read. Try again later.`)
}

async function listWriting({ docker }: Deps, { deploymentId, volumes, how }: Wish): Promise<Held[]> {
  const users = await docker.listVolumeUsers(volumes)
  return users
    .filter((it) => it.status === 'running' || it.status === 'restarting')
    .map(({ id, name }) => ({ id, name, deploymentId, how: isCommandContainer(name) ? 'pause' : how }))
}

const freeze = ({ docker }: Deps, { id, how }: Held) =>
  how === 'stop' ? docker.stopContainer(id, STOP_SECONDS) : docker.pauseContainer(id)

/** Lets containers go on that a backup held, and notes it. Fine when one runs again, or is gone; one that fails holds up no other. */
export async function letGo(
  { db, docker }: Deps,
  backupId: string,
  held: readonly Held[],
  tries = TRIES,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const goOn = ({ id, how }: Held) => (how === 'stop' ? docker.startAgain(id) : docker.unpauseContainer(id))
    const failed = (await Promise.allSettled(held.map(goOn))).find((it) => it.status === 'rejected')
    if (!failed) return await updateBackup(db, backupId, { held: [] })
    if (attempt >= tries) throw failed.reason
    await sleep(PAUSE_MS)
  }
}
