import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Db } from '../db/schema.ts'
import { deleteSetting, readSetting, writeSetting } from '../db/settings.ts'
import { AppError } from '../errors.ts'

/** Says that this machine was restored from a backup, and that its owner has not said yet that all is there. */
export type Restored = {
  at: string
  /** When the backup was made. */
  madeAt: string
  name: string
}

const KEY = 'restored'

/**
 * While this stands nothing is removed: no app that was being deleted, no preview whose time is over, nothing without an
 * owner, no old backup. The machine that was backed up may still be there, and share what is outside of both.
 */
export async function readRestored(db: Db): Promise<Restored | undefined> {
  const text = await readSetting(db, KEY)
  return text === undefined ? undefined : JSON.parse(text)
}

export const markRestored = (db: Db, restored: Restored): Promise<void> =>
  writeSetting(db, KEY, JSON.stringify(restored))

export const forgetRestored = (db: Db): Promise<void> => deleteSetting(db, KEY)

/** Where a restore works until all is in its place. */
export const restoreFolderOf = (dataDir: string): string => path.join(dataDir, 'restoring')

/** Clears up after a restore that was stopped after its last step: all is in its place. Answers whether there was one. */
export function endRestore(dataDir: string): boolean {
  const folder = restoreFolderOf(dataDir)
  const has = (folder: string) => existsSync(path.join(folder, 'slipway.db'))
  if (!existsSync(folder) || !has(dataDir) || has(folder)) return false
  rmSync(folder, { recursive: true })
  return true
}

/** A server on half a backup would begin anew, beside the data that is there already. @throws Error */
export function refuseHalfRestored(dataDir: string): void {
  const folder = restoreFolderOf(dataDir)
  if (!existsSync(folder) || endRestore(dataDir)) return
  throw new Error(`A restore into ${dataDir} was not finished. Run scripts/restore again, or remove ${folder}.`)
}

/** @throws not_possible_now */
export async function refuseWhileRestored(db: Db): Promise<void> {
  if (!(await readRestored(db))) return
  throw new AppError('not_possible_now', WHY)
}

export const WHY =
  'Slipway was restored from a backup and removes nothing until that was confirmed. Look that all is there, then confirm it under Settings → Backups, or with: slipway backup confirm'
