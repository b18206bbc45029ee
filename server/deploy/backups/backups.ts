import { rm } from 'node:fs/promises'
import { nextTimes } from '../../cron.ts'
import {
  type Backup,
  deleteBackup,
  findBackup,
  forgetFailedBackups,
  insertBackup,
  listBackups,
  newBackupId,
  updateBackup,
} from '../../db/backups.ts'
import { queueNews } from '../../db/news.ts'
import { now } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { AppError, toAppError } from '../../errors.ts'
import type { BackupCause } from '../../states.ts'
import { tellBackupFailed } from '../news-words.ts'
import type { Queue } from '../queue.ts'
import { readRestored } from '../restored.ts'
import { letGo } from './hold.ts'
import { chooseOld } from './keep.ts'
import { copiesOf, makeBackup, type Progress, partialOf } from './make-backup.ts'
import { type BackupSettings, placeOf, readBackupSettings } from './settings.ts'
import { openTarget, type Target, targetOfPlace } from './target.ts'

export type Backups = {
  /** Puts in order what the last run left, then makes backups by the schedule. */
  start(): Promise<void>
  /** After the settings were written. */
  changed(): void
  /** Begins one. @throws not_possible_now */
  begin(cause: BackupCause): Promise<Backup>
  /** How far the one is that is being made. */
  progress(): ({ id: string } & Progress) | undefined
  /** Its file, as it lies in its place. @throws not_found, backup_target_failed */
  read(backup: Backup, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Its file goes, then it is forgotten. @throws not_possible_now, backup_target_failed */
  remove(backup: Backup): Promise<void>
  /** When the next one is due; undefined when none is. */
  nextAt(): Promise<string | undefined>
  stop(): Promise<void>
}

const INTERRUPTED = 'Slipway was stopped while it was made.'
const NEVER = '1970-01-01T00:00:00.000Z'
/** A clock that is set forward does not wake a timer. */
const MOST_MS = 10 * 60_000
const AGAIN_MS = 5000
/** So many failures are remembered. */
const MOST_FAILED = 20

/** `onNews` is called after news was written down. */
export function createBackups(deps: Deps, queue: Queue, onNews: () => void): Backups {
  const { db, events, log } = deps
  const end = new AbortController()
  let current: { id: string; progress: Progress; done: Promise<void> } | undefined
  let timer: NodeJS.Timeout | undefined
  let freeing: NodeJS.Timeout | undefined

  const tell = () => events.publish({ type: 'changed', what: 'backups' })

  async function begin(cause: BackupCause): Promise<Backup> {
    const settings = await readBackupSettings(deps)
    if (!settings) throw new AppError('not_possible_now', 'Say first where backups are to go, and their passphrase.')
    if (current || end.signal.aborted) throw new AppError('not_possible_now', 'A backup is being made already.')
    const id = newBackupId()
    const over = Promise.withResolvers<void>()
    current = { id, progress: { phase: 'database', bytes: 0 }, done: over.promise }
    const startedAt = now()
    const name = nameOf(deps.config.instance, startedAt, id)
    try {
      await insertBackup(db, { id, name, cause, target: placeOf(settings.target), startedAt })
    } catch (error) {
      current = undefined
      throw error
    }
    const backup = { ...((await findBackup(db, id)) ?? missing()) }
    void run(backup, settings)
      .catch((error: unknown) => log.error({ err: error }, 'how a backup ended could not be written down'))
      .finally(() => {
        current = undefined
        over.resolve()
        tell()
        look()
      })
    tell()
    return backup
  }

  async function run(backup: Backup, settings: BackupSettings): Promise<void> {
    try {
      await freeHeld()
      const { size, contents } = await makeBackup(deps, queue, {
        backup,
        settings,
        signal: end.signal,
        tell(progress) {
          if (current?.id === backup.id) current.progress = progress
          tell()
        },
      })
      await updateBackup(db, backup.id, { state: 'succeeded', size, contents, upload: null, endedAt: now() })
      log.info({ backup: backup.name, size }, 'a backup was made')
    } catch (error) {
      await fail(backup.id, end.signal.aborted ? INTERRUPTED : toAppError(error).message)
      // In its place it counts only once all is known of it.
      await tryTo('remove what a failed backup sent', async () => (await reach(backup)).remove(backup.name))
      return
    } finally {
      await tryTo('clear away what a backup needed', () => clear(backup))
    }
    await prune(settings)
  }

  /** Notes it, tells it, and takes away what it left. */
  async function fail(id: string, message: string): Promise<void> {
    log.error({ backup: id }, `a backup failed: ${message}`)
    const backup = await findBackup(db, id)
    if (!backup) return
    await db.transaction().execute(async (trx) => {
      await updateBackup(trx, id, { state: 'failed', message, endedAt: now() })
      await queueNews(trx, tellBackupFailed(deps, message, new Date()))
    })
    onNews()
    await freeHeldAtLast()
    await discard(backup)
    await forgetFailedBackups(db, MOST_FAILED)
  }

  /** However long the engine is away: nobody else would let an app go on. */
  async function freeHeldAtLast(): Promise<void> {
    clearTimeout(freeing)
    try {
      await freeHeld()
    } catch (error) {
      log.error({ err: error }, 'what a backup held could not be let go yet')
      if (!end.signal.aborted) freeing = setTimeout(() => void freeHeldAtLast(), AGAIN_MS).unref()
    }
  }

  const discard = (backup: Backup): Promise<void> =>
    tryTo('remove what a failed backup left', async () => {
      const target = await reach(backup)
      await target.discard(partialOf(backup.name), backup.name, backup.upload)
      await updateBackup(db, backup.id, { upload: null })
    })

  const tryTo = (what: string, work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => log.warn({ err: error }, `could not ${what}`))

  async function clear(backup: Pick<Backup, 'id'>): Promise<void> {
    for (const file of Object.values(copiesOf(deps, backup))) await rm(file, { force: true })
    await deps.docker.clearVolumeReader()
  }

  /** What the rule does not keep any more. A machine that was restored removes nothing until that was confirmed. */
  async function prune({ keep }: BackupSettings): Promise<void> {
    if (await readRestored(db)) return
    const made = await listBackups(db, { state: 'succeeded' })
    for (const id of chooseOld(
      made.map((it) => ({ id: it.id, at: it.startedAt })),
      keep,
      now(),
    )) {
      const old = made.find((it) => it.id === id)
      if (!old) continue
      await remove(old).catch(async (error: unknown) => {
        log.warn({ err: error, backup: old.name }, 'an old backup could not be removed')
        await updateBackup(db, id, { message: `It is old, and could not be removed. ${toAppError(error).message}` })
      })
    }
  }

  const reach = async ({ target }: Backup): Promise<Target> =>
    openTarget(targetOfPlace(target, (await readBackupSettings(deps))?.target), deps.config.dataDir)

  async function remove(backup: Backup): Promise<void> {
    if (backup.state === 'running') throw new AppError('not_possible_now', 'It is being made. Delete it afterwards.')
    if (backup.state === 'succeeded') await (await reach(backup)).remove(backup.name)
    await deleteBackup(db, backup.id)
    tell()
  }

  /** Lets go on whom a backup still holds that is not being made. @throws engine_unreachable */
  async function freeHeld(): Promise<void> {
    for (const { id, state, held } of await listBackups(db))
      if (held.length > 0 && (id !== current?.id || state !== 'running')) await letGo(deps, id, held, 1)
  }

  /** What storage that was away has of a failed one goes now, too. */
  async function endInterrupted(): Promise<void> {
    for (const backup of await listBackups(db, { state: 'running' })) {
      if (backup.id === current?.id) continue
      await tryTo('clear away what a backup needed', () => clear(backup))
      await settle(backup)
    }
    for (const backup of await listBackups(db, { state: 'failed' })) if (backup.upload !== null) await discard(backup)
    tell()
  }

  /**
   * One that was being made when the last run ended is none, unless its file is in its place. That happens last of all:
   * Slipway was killed in between, or this database is the one that was in the backup, and what lies there is all there is.
   */
  async function settle(backup: Backup): Promise<void> {
    let size: number | undefined
    try {
      size = await (await reach(backup)).sizeOf(backup.name)
    } catch (error) {
      log.warn({ err: error, backup: backup.name }, 'it cannot be seen whether a backup is in its place')
    }
    if (size === undefined) return fail(backup.id, INTERRUPTED)
    await updateBackup(db, backup.id, { state: 'succeeded', size, endedAt: now() })
    await discard(backup)
  }

  /**
   * From the last one on: what was due while Slipway was down is made up for. What a wrong clock dated into the future is
   * not waited for.
   */
  async function nextAt(): Promise<string | undefined> {
    const settings = await readBackupSettings(deps)
    if (!settings?.isEnabled || (await readRestored(db))) return undefined
    const [last] = await listBackups(db, { until: now(), limit: 1 })
    const from = [settings.savedAt, last?.startedAt ?? NEVER].filter((it) => it <= now()).sort()
    return (await nextTimes(settings.cron, settings.timeZone, 1, new Date(from.at(-1) ?? NEVER)))[0]
  }

  function look(): void {
    clearTimeout(timer)
    if (end.signal.aborted) return
    void lookOnce().catch((error: unknown) => {
      log.error({ err: error }, 'a backup that was due could not be begun')
      setFor(MOST_MS)
    })
  }

  async function lookOnce(): Promise<void> {
    const next = await nextAt()
    if (next === undefined || current) return
    const ms = Date.parse(next) - Date.now()
    if (ms <= 0) await begin('schedule')
    else setFor(ms)
  }

  function setFor(ms: number): void {
    clearTimeout(timer)
    if (!end.signal.aborted) timer = setTimeout(look, Math.min(ms, MOST_MS) + 1).unref()
  }

  /** An app that is still held is let go before anything else; an engine that does not answer yet is waited for. */
  async function start(): Promise<void> {
    try {
      await freeHeld()
    } catch (error) {
      log.error({ err: error }, 'what the last backup held could not be let go yet')
      if (!end.signal.aborted) timer = setTimeout(() => void start(), AGAIN_MS).unref()
      return
    }
    void endInterrupted()
      .then(look)
      .catch((error: unknown) => log.error({ err: error }, 'what the last backup left could not be cleared away'))
  }

  return {
    start,
    changed() {
      look()
      tell()
    },
    begin,
    progress: () => current && { id: current.id, ...current.progress },
    async read(backup, signal) {
      if (backup.state !== 'succeeded') throw new AppError('not_found', 'This backup has no file.')
      return (await reach(backup)).read(backup.name, signal)
    },
    remove,
    nextAt,
    async stop() {
      end.abort(new AppError('interrupted', INTERRUPTED))
      clearTimeout(timer)
      clearTimeout(freeing)
      await current?.done
    },
  }
}

/** Sorted by name they are sorted by time. */
export const nameOf = (instance: string, at: string, id: string): string =>
  `${instance}-${at.replace(/[:.]/g, '-')}-${id.slice(0, 8)}.tar.gz.age`

function missing(): never {
  throw new AppError('internal', 'A backup was not written down.')
}
