import type { S3Config } from '../../adapters/s3.ts'
import type { BackupPlace } from '../../db/backups.ts'
import { readSetting, writeSetting } from '../../db/settings.ts'
import type { Deps } from '../../deps.ts'
import type { BackupHold } from '../../states.ts'

export type BackupTarget = { kind: 'folder'; folder: string } | ({ kind: 's3'; prefix: string } & S3Config)

/** How many are kept: the newest ones, the newest of each of so many days, and of each of so many weeks. */
export type Keep = { last: number; daily: number; weekly: number }

export type BackupSettings = {
  /** Whether backups are made by themselves. */
  isEnabled: boolean
  cron: string
  timeZone: string
  hold: BackupHold
  keep: Keep
  target: BackupTarget
  passphrase: string
  /** What was due before is not made up for. */
  savedAt: string
}

/** Sealed as a whole: the passphrase and the key of the storage are in it. */
const KEY = 'backups'

/** Undefined until somebody has set them up, or when data/secret.key is another one than they were sealed with. */
export async function readBackupSettings({ db, secrets }: Pick<Deps, 'db' | 'secrets'>) {
  const sealed = await readSetting(db, KEY)
  const text = sealed === undefined ? undefined : secrets.decryptIfReadable(sealed, KEY)
  return text === undefined ? undefined : (JSON.parse(text) as BackupSettings)
}

export async function writeBackupSettings({ db, secrets }: Pick<Deps, 'db' | 'secrets'>, settings: BackupSettings) {
  await writeSetting(db, KEY, secrets.encrypt(JSON.stringify(settings), KEY))
}

/** Where it goes, without what lets one in. */
export function placeOf(target: BackupTarget): BackupPlace {
  if (target.kind === 'folder') return { kind: 'folder', folder: target.folder }
  const { kind, endpoint, bucket, prefix } = target
  return { kind, endpoint, bucket, prefix }
}

/** For people: a path, or an s3:// address. */
export const addressOfPlace = (place: BackupPlace, name: string): string =>
  place.kind === 'folder' ? `${place.folder}/${name}` : `s3://${place.bucket}/${place.prefix}${name}`
