import type { EnvVariable } from '../../server/db/deployments.ts'
import type { Settings } from '../../server/templates/settings.ts'
import type { Source } from '../../server/templates/source.ts'
import type { Gems } from './gems.ts'

/** What the recognition of frameworks is given. */
export type App = { source: Source; gems: Gems | undefined; settings: Settings; env: readonly EnvVariable[] }

/** How an app of a known framework is built and run. */
export type Framework = {
  name: string
  start?: string
  build?: string
  /** For a site of files: the folder that is built, which nginx serves. */
  site?: string
  healthPath?: string
  env?: Record<string, string>
  /** Whether the build runs the scripts of package.json by itself. */
  bundlesScripts?: boolean
  notes?: string[]
}
