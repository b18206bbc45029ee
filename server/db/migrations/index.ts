import type { Migration } from 'kysely/migration'
import * as foundation from './0001-foundation.ts'

/** In the order they run. A migration that has been released is never edited; it never imports code of the server. */
export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
}
