/**
 * What can be typed: one rule for the server's schemas, and for the UI, which says it beside the field before anything
 * is sent. A rule is a piece of JSON Schema, and its description is what somebody reads whose input does not fit.
 */

type TextRule = { minLength?: number; maxLength?: number; pattern?: string; description: string }
type NumberRule = { type?: 'integer'; minimum: number; maximum: number; description: string }

/** What to do instead, in a sentence; undefined when the value fits. A text that is no number is NaN, and fits nowhere. */
export function problemOf(rule: TextRule, value: string): string | undefined
export function problemOf(rule: NumberRule, value: number): string | undefined
export function problemOf(rule: TextRule | NumberRule, value: string | number): string | undefined {
  const fits = typeof value === 'string' ? fitsText(rule as TextRule, value) : fitsNumber(rule as NumberRule, value)
  return fits ? undefined : rule.description
}

/** Lengths count characters, not halves of them, as JSON Schema does. */
function fitsText({ minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern = '' }: TextRule, text: string) {
  const { length } = [...text]
  return length >= minLength && length <= maxLength && new RegExp(pattern, 'u').test(text)
}

const fitsNumber = ({ type, minimum, maximum }: NumberRule, number: number) =>
  number >= minimum && number <= maximum && (type !== 'integer' || Number.isInteger(number))

export const APP_NAME = {
  minLength: 1,
  maxLength: 100,
  pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]*$',
  description:
    'A name begins with a letter or digit, and has at most 100 letters, digits, spaces, dots, underscores and hyphens.',
}

export const TOKEN_NAME = {
  minLength: 1,
  maxLength: 60,
  pattern: '^[\\p{L}\\p{N}]([\\p{L}\\p{N} ._-]*[\\p{L}\\p{N}._-])?$',
  description:
    'A name begins with a letter or digit, and has at most 60 letters, digits, spaces, dots, underscores and hyphens.',
}

export const CHANNEL_NAME = TOKEN_NAME

export const HOOK_URL = {
  minLength: 1,
  maxLength: 2000,
  pattern: '^https?://[^\\s/?#@]+([/?][^\\s#]*)?$',
  description: 'Give an address that begins with https://, or http:// in your own network, and has no user name in it.',
}

export const MAIL_ADDRESS = {
  maxLength: 254,
  pattern: '^[^\\s@<>,;:"()\\[\\]\\\\\\p{Cc}]+@[^\\s@<>,;:"()\\[\\]\\\\\\p{Cc}]+$',
  description: 'Give a mail address such as ops@example.com, without a name before it.',
}

export const MAIL_HOST = {
  maxLength: 253,
  pattern: '^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]+)$',
  description: 'Give the host name of the mail server, such as smtp.example.com, without a port.',
}

export const MAIL_USER = {
  minLength: 1,
  maxLength: 250,
  pattern: '^[^\\p{Cc}]+$',
  description: 'A user name has at most 250 characters, all of them visible.',
}

export const MAIL_PASSWORD = {
  minLength: 1,
  maxLength: 1000,
  pattern: '^[^\\u0000]*$',
  description: 'A password has at most 1,000 characters.',
}

export const MOST_RECIPIENTS = 20

export const PORT = {
  type: 'integer',
  minimum: 1,
  maximum: 65_535,
  description: 'A port is a number from 1 to 65535.',
} as const

export const WATCH_PATH = {
  minLength: 1,
  maxLength: 200,
  pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$))[\\p{L}\\p{N}._@+ ,()\\[\\]{}*?!/-]+$',
  description: 'Give a path or a pattern from the repository’s top, such as apps/web/** or package.json.',
}

export const KEEP_RELEASES = {
  type: 'integer',
  minimum: 0,
  maximum: 50,
  description: 'Give how many earlier releases stay for a rollback, from 0 to 50.',
} as const

export const MOST_PREVIEWS = {
  type: 'integer',
  minimum: 1,
  maximum: 50,
  description: 'Give how many previews there may be at once, from 1 to 50.',
} as const

export const PREVIEW_DAYS = {
  type: 'integer',
  minimum: 1,
  maximum: 365,
  description: 'Give after how many days without a push a preview goes, from 1 to 365.',
} as const

export const MEMORY_MB = {
  type: 'integer',
  minimum: 16,
  maximum: 4_194_304,
  description: 'Give the memory in whole MiB, at least 16.',
} as const

export const CPUS = {
  minimum: 0.05,
  maximum: 1024,
  description: 'Give a number of cores from 0.05 to 1024, such as 0.5 or 2.',
}

export const START_TIMEOUT = {
  type: 'integer',
  minimum: 5,
  maximum: 1800,
  description: 'Give the time to start in whole seconds, from 5 to 1800.',
} as const

export const STOP_SECONDS = {
  type: 'integer',
  minimum: 0,
  maximum: 600,
  description: 'Give the time to stop in whole seconds, from 0 to 600.',
} as const

export const HEALTH_PATH = {
  maxLength: 500,
  pattern: "^/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$",
  description:
    'A health path begins with one slash, such as /health, and has only the characters of an address, at most 500.',
}

export const COMMAND = {
  minLength: 1,
  maxLength: 4000,
  pattern: '^[^\\u0000]*$',
  description: 'A command has at most 4,000 characters, and no NUL among them.',
}

export const SCHEDULE_NAME = {
  minLength: 1,
  maxLength: 60,
  pattern: '^[\\p{L}\\p{N}]([\\p{L}\\p{N} ._-]*[\\p{L}\\p{N}._-])?$',
  description:
    'A name begins with a letter or digit, and has at most 60 letters, digits, spaces, dots, underscores and hyphens.',
}

/** What such a line means is for server/cron.ts to say. */
export const CRON = {
  minLength: 1,
  maxLength: 100,
  pattern: '^[0-9A-Za-z@*/,#?+ \\t-]+$',
  description: 'Give a cron line of five fields, such as 30 3 * * *, or @daily.',
}

export const TIME_ZONE = {
  minLength: 1,
  maxLength: 60,
  pattern: '^[A-Za-z0-9_+/-]+$',
  description: 'Give the name of a time zone, such as Europe/Berlin, or UTC.',
}

export const SCHEDULE_TIMEOUT = {
  type: 'integer',
  minimum: 5,
  maximum: 86_400,
  description: 'Give the time that a run may take in whole seconds, from 5 to 86400 (a day).',
} as const

export const MOST_SCHEDULES = 50

export const DOCKERFILE = {
  minLength: 1,
  maxLength: 300,
  description: 'Give the path of the Dockerfile below the root folder, at most 300 characters long.',
}

export const TARGET = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$',
  description: 'Give the name of a stage of the Dockerfile, as its FROM … AS line has it.',
}

export const OUTPUT_DIR = {
  maxLength: 300,
  pattern: '^[A-Za-z0-9_@-][A-Za-z0-9._@-]*(/[A-Za-z0-9_@-][A-Za-z0-9._@-]*)*$',
  description: 'Give the folder that the build writes to, such as dist, below the root folder.',
}

export const TEMPLATE = {
  pattern: '^[a-z0-9-]{0,50}$',
  description: 'Give the name of a template, such as node, or nothing to let the repository decide.',
}

export const VOLUME_NAME = {
  pattern: '^[a-z0-9][a-z0-9_-]{0,40}$',
  description:
    'A volume’s name begins with a small letter or digit, and has at most 41 small letters, digits, hyphens and underscores.',
}

export const VOLUME_PATH = {
  maxLength: 200,
  pattern: '^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$',
  description:
    'A volume is mounted at an absolute path of letters, digits, dots, hyphens and underscores, such as /data.',
}

export const MOST_VOLUMES = 20

/** Folders that make up a system: a volume over them breaks the container, or looks like the host's. */
const SYSTEM = 'proc sys dev run etc bin sbin lib lib32 lib64 usr boot var/run var/lock'.split(' ')
const TOO_WIDE = ['/var', '/home', '/root', '/opt', '/tmp']

/** Why no volume can be mounted there; undefined when one can. */
export function problemOfVolumePath(path: string): string | undefined {
  const isInSystem = SYSTEM.some((folder) => path === `/${folder}` || path.startsWith(`/${folder}/`))
  return isInSystem || TOO_WIDE.includes(path)
    ? `A volume cannot be mounted at ${path}. Choose a folder of the app's own, such as /data.`
    : problemOf(VOLUME_PATH, path)
}

export const PASSPHRASE = {
  minLength: 12,
  maxLength: 500,
  pattern: '^[^\\p{Cc}]+$',
  description: 'A passphrase has at least 12 characters, and at most 500: a few words that nobody guesses.',
}

export const BACKUP_FOLDER = {
  maxLength: 500,
  pattern: '^(/(?!\\.\\.?(/|$))[^/\\p{Cc}]+)+$',
  description: 'Give the whole path of a folder, such as /mnt/backups.',
}

export const S3_ENDPOINT = {
  maxLength: 300,
  pattern: '^https?://[A-Za-z0-9.-]+(:\\d{1,5})?$',
  description: 'Give the address of the storage without the bucket, such as https://s3.eu-central-1.amazonaws.com.',
}

export const S3_BUCKET = {
  pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
  description: 'A bucket has 3 to 63 small letters, digits, hyphens and dots.',
}

export const S3_REGION = {
  pattern: '^[A-Za-z0-9-]{1,60}$',
  description: 'Give the region that the storage is in, such as eu-central-1; where it has none, us-east-1 or auto.',
}

/** What the names of the objects begin with. */
export const S3_PREFIX = {
  maxLength: 200,
  pattern: '^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*$',
  description: 'A prefix is a path that ends with a slash, such as slipway/, or nothing.',
}

export const S3_KEY = {
  minLength: 1,
  maxLength: 300,
  pattern: '^[\\x21-\\x7e]+$',
  description: 'Copy the key from the storage again: it has no spaces.',
}

export const KEEP_BACKUPS = {
  type: 'integer',
  minimum: 0,
  maximum: 365,
  description: 'Keep 0 to 365 of them.',
} as const
