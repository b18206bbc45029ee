import { textsIn } from '../../server/templates/parts.ts'
import type { Settings } from '../../server/templates/settings.ts'
import type { App } from './app.ts'
import { runLine } from './build.ts'
import { allDependencies } from './install.ts'
import type { PackageManager } from './package-manager.ts'
import type { Member } from './project.ts'

/** A package as the recognition of frameworks sees it. */
export function appOf({ folder, source, packageJson }: Member, manager: PackageManager, settings: Settings): App {
  const scripts = Object.entries(packageJson.scripts ?? {}).filter(([, text]) => text !== '')
  return {
    source,
    packageJson,
    dependencies: allDependencies(packageJson),
    scripts: textsIn(Object.fromEntries(scripts)),
    run: (script) => runLine(manager, script),
    // the image has the folders of these programs on its PATH
    exec: (program) => program,
    settings,
    folder,
  }
}
