import type { BackupSettingsInput } from '../../../server/http/schemas.ts'
import type { BackupSettingsView, BackupsView } from '../../../server/http/views.ts'
import {
  BACKUP_FOLDER,
  KEEP_BACKUPS,
  PASSPHRASE,
  problemOf,
  S3_BUCKET,
  S3_ENDPOINT,
  S3_KEY,
  S3_PREFIX,
  S3_REGION,
} from '../../../server/limits.ts'
import type { BackupHold } from '../../../server/states.ts'
import { bytes } from '../ui/format.ts'

/** What is typed. Secrets that are stored are empty: they stay unless others are given. */
export type BackupDraft = {
  isEnabled: boolean
  cron: string
  timeZone: string
  hold: BackupHold
  last: number | undefined
  daily: number | undefined
  weekly: number | undefined
  kind: 'folder' | 's3'
  folder: string
  endpoint: string
  region: string
  bucket: string
  prefix: string
  accessKeyId: string
  secretAccessKey: string
  passphrase: string
}

export function draftOfBackups({ settings, ownFolder }: BackupSettingsView): BackupDraft {
  const { s3 = null, keep } = settings ?? {}
  return {
    isEnabled: settings?.isEnabled ?? true,
    cron: settings?.cron ?? '30 3 * * *',
    timeZone: settings?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    hold: settings?.hold ?? 'pause',
    last: keep?.last ?? 3,
    daily: keep?.daily ?? 7,
    weekly: keep?.weekly ?? 4,
    kind: s3 ? 's3' : 'folder',
    folder: settings?.folder ?? ownFolder,
    endpoint: s3?.endpoint ?? '',
    region: s3?.region ?? '',
    bucket: s3?.bucket ?? '',
    prefix: s3?.prefix ?? '',
    accessKeyId: s3?.accessKeyId ?? '',
    secretAccessKey: '',
    passphrase: '',
  }
}

export type BackupField = Exclude<keyof BackupDraft, 'isEnabled' | 'hold' | 'kind' | 'timeZone' | 'cron'>

/** What is wrong, by field; `isSetUp`: secrets may be left out. */
export function problemsOfBackups(draft: BackupDraft, isSetUp: boolean): Partial<Record<BackupField, string>> {
  const optional = (rule: typeof PASSPHRASE, text: string) =>
    text === '' && isSetUp ? undefined : problemOf(rule, text)
  const count = (value: number | undefined, least: number) =>
    (value ?? -1) < least ? `Keep ${least} at least.` : problemOf(KEEP_BACKUPS, value ?? Number.NaN)
  const place =
    draft.kind === 'folder'
      ? { folder: problemOf(BACKUP_FOLDER, draft.folder.trim()) }
      : {
          endpoint: problemOf(S3_ENDPOINT, draft.endpoint.trim()),
          region: problemOf(S3_REGION, draft.region.trim()),
          bucket: problemOf(S3_BUCKET, draft.bucket.trim()),
          prefix: problemOf(S3_PREFIX, draft.prefix.trim()),
          accessKeyId: problemOf(S3_KEY, draft.accessKeyId.trim()),
          // Whether the stored one may stay, the server knows.
          secretAccessKey: draft.secretAccessKey === '' ? undefined : problemOf(S3_KEY, draft.secretAccessKey),
        }
  const all = {
    ...place,
    last: count(draft.last, 1),
    daily: count(draft.daily, 0),
    weekly: count(draft.weekly, 0),
    passphrase: optional(PASSPHRASE, draft.passphrase),
  }
  return Object.fromEntries(Object.entries(all).filter(([, problem]) => problem !== undefined))
}

/** As the API takes it, when nothing is wrong with it. */
export function inputOfBackups(draft: BackupDraft): BackupSettingsInput {
  const { isEnabled, cron, timeZone, hold, last = 1, daily = 0, weekly = 0, passphrase, secretAccessKey } = draft
  const place =
    draft.kind === 'folder'
      ? { folder: draft.folder.trim() }
      : {
          s3: {
            endpoint: draft.endpoint.trim(),
            region: draft.region.trim(),
            bucket: draft.bucket.trim(),
            prefix: draft.prefix.trim(),
            accessKeyId: draft.accessKeyId.trim(),
            ...(secretAccessKey !== '' && { secretAccessKey }),
          },
        }
  const common = { isEnabled, cron: cron.trim(), timeZone, hold, keep: { last, daily, weekly } }
  return { ...common, ...place, ...(passphrase !== '' && { passphrase }) }
}

/** What is done at the moment, in words. */
export function phaseInWords({ phase, app, bytes: count }: NonNullable<BackupsView['running']>): string {
  switch (phase) {
    case 'database':
      return 'Copying the database'
    case 'volumes':
      return app === null ? 'Writing the backup' : `Reading the data of ${app}, which waits meanwhile`
    case 'check':
      return 'Reading the backup back'
    case 'upload':
      return `Sending it: ${bytes(count)}`
  }
}
