import type { Migration } from 'kysely/migration'
import * as foundation from './0001-foundation.ts'
import * as tokens from './0002-tokens.ts'
import * as releaseStatus from './0003-release-status.ts'
import * as recipeSettings from './0004-recipe-settings.ts'
import * as pushToDeploy from './0005-push-to-deploy.ts'
import * as droppedReleases from './0006-dropped-releases.ts'
import * as backups from './0007-backups.ts'
import * as buildUsage from './0008-build-usage.ts'

/** In the order they run. A migration that has been released is never edited; it never imports code of the server. */
export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-tokens': tokens,
  '0003-release-status': releaseStatus,
  '0004-recipe-settings': recipeSettings,
  '0005-push-to-deploy': pushToDeploy,
  '0006-dropped-releases': droppedReleases,
  '0007-backups': backups,
  '0008-build-usage': buildUsage,
}
