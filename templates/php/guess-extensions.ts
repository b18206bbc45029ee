import type { EnvVariable } from '../../server/db/deployments.ts'
import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'
import { type Composer, wants } from './composer.ts'

const MAX_FILES = 300

/** What pages without Composer say by the functions they call. */
const USES: [extension: string, pattern: RegExp][] = [
  ['mysqli', /\bmysqli(_\w+|\s*\()/],
  ['pdo_mysql', /['"]mysql:/],
  ['pdo_pgsql', /['"]pgsql:/],
  ['pgsql', /\bpg_connect\s*\(/],
  ['gd', /\bimage(create|copy|png|jpeg|ttf)\w*\s*\(/],
  ['exif', /\bexif_\w+\s*\(/],
  ['zip', /\bZipArchive\b/],
  ['intl', /\b(IntlDateFormatter|NumberFormatter|Collator|Transliterator)\b/],
  ['bcmath', /\bbc(add|sub|mul|div|mod|pow)\s*\(/],
  ['gmp', /\bgmp_\w+\s*\(/],
  ['soap', /\bSoap(Client|Server)\b/],
  ['redis', /\bnew \\?Redis\b/],
]

/** The extensions that the pages of a project without Composer use. */
export async function usedExtensions(source: Source): Promise<string[]> {
  const files = source.find('**/*.php').slice(0, MAX_FILES)
  const found = new Set<string>()
  for (const file of files) {
    const text = await readPage(source, file)
    for (const [extension, pattern] of USES) if (pattern.test(text)) found.add(extension)
  }
  return [...found]
}

/** A page that is too large or a link says nothing. */
async function readPage(source: Source, file: string): Promise<string> {
  try {
    return (await source.text(file)) ?? ''
  } catch (error) {
    if (error instanceof AppError && error.code === 'file_unsafe') return ''
    throw error
  }
}

/** The drivers that a framework needs for the database and the cache that the variables name. */
export async function driverExtensions(
  source: Source,
  composer: Composer | undefined,
  env: readonly EnvVariable[],
): Promise<string[]> {
  const files = await Promise.all(['.env', '.env.example', '.env.dist'].map(async (it) => source.text(it)))
  const variables = [...env.map(({ key, value }) => `${key}=${value}`), ...files].join('\n')
  const says = (pattern: RegExp) => pattern.test(variables)
  return [
    ...(says(/^(DB_CONNECTION=["']?(mysql|mariadb)|DATABASE_URL=["']?(mysql|mariadb))/m) ? ['pdo_mysql'] : []),
    ...(says(/^(DB_CONNECTION=["']?pgsql|DATABASE_URL=["']?(pgsql|postgres))/m) ? ['pdo_pgsql'] : []),
    ...(says(/^(CACHE_STORE|CACHE_DRIVER|SESSION_DRIVER|QUEUE_CONNECTION)=["']?redis/m) &&
    !wants(composer, 'predis/predis')
      ? ['redis']
      : []),
  ]
}
