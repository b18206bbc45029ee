import path from 'node:path'
import { problemOfCron, problemOfTimeZone } from '../cron.ts'
import { now } from '../db/schema.ts'
import type { BackupSettings, BackupTarget } from '../deploy/backups/settings.ts'
import { AppError } from '../errors.ts'
import type { BackupSettingsInput } from './schemas.ts'

/** The settings that are wished for, over what is stored. @throws invalid_input with the field */
export async function checkBackupSettings(
  input: BackupSettingsInput,
  stored: BackupSettings | undefined,
): Promise<BackupSettings> {
  const { isEnabled, timeZone, hold, keep } = input
  const cron = input.cron.trim()
  refuse(await problemOfCron(cron), 'cron')
  refuse(problemOfTimeZone(timeZone), 'timeZone')
  const target = targetOf(input, stored?.target)
  const passphrase = input.passphrase ?? stored?.passphrase
  if (passphrase === undefined) throw refused('Choose a passphrase: backups are encrypted with it.', 'passphrase')
  return { isEnabled, cron, timeZone, hold, keep, target, passphrase, savedAt: now() }
}

function targetOf({ folder, s3 }: BackupSettingsInput, stored: BackupTarget | undefined): BackupTarget {
  if (folder !== undefined && s3 === undefined) return { kind: 'folder', folder: path.normalize(folder) }
  if (s3 === undefined || folder !== undefined)
    throw refused('Say where backups are to go: to a folder, or to S3.', 'folder')
  const { prefix = '', secretAccessKey, ...rest } = s3
  const secret = secretAccessKey ?? keptSecret(s3, stored)
  return { kind: 's3', prefix, ...rest, secretAccessKey: secret }
}

/** A stored key goes where it was meant for, and nowhere else. */
function keptSecret(
  { endpoint, bucket, accessKeyId }: NonNullable<BackupSettingsInput['s3']>,
  stored: BackupTarget | undefined,
): string {
  const isSame =
    stored?.kind === 's3' &&
    stored.endpoint === endpoint &&
    stored.bucket === bucket &&
    stored.accessKeyId === accessKeyId
  if (isSame) return stored.secretAccessKey
  const why = stored?.kind === 's3' ? 'Give the secret key again: the bucket or the access key is another one.' : ''
  throw refused(why || 'Give the secret key.', 's3.secretAccessKey')
}

function refuse(problem: string | undefined, field: string): void {
  if (problem !== undefined) throw refused(problem, field)
}

const refused = (message: string, field: string) => new AppError('invalid_input', message, { field })
