import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { planInstall } from './install.ts'
import { chooseNode } from './node-version.ts'
import { readPackageJson } from './package-json.ts'
import { choosePackageManager } from './package-manager.ts'
import { singlePackage } from './project.ts'
import { type Stages, stagesOf } from './stages.ts'

/**
 * Assets that an app of another language builds with Node. In Dockerfile.njk: `{% if assets %}{% include
 * "node/assets.njk" %}{% endif %}` makes the stage `assets`, with sources and what was built in /app.
 */
export type Assets = Stages & {
  /** The folder of package.json below the app's, with a `/` at the end; '' when it is the app's. */
  folder: string
  /** The lines that build, in their order. */
  builds: string[]
  notes: string[]
}

/** Laravel Mix says `production`, Rails' cssbundling `build:css`. */
const SCRIPTS = [['build', 'build:css'], ['production'], ['prod']]

/**
 * What builds the assets; undefined without a package.json or a script that builds. Give it to Dockerfile.njk as the value
 * `assets`.
 * @param folder of package.json below that of the request's source, `assets` in Phoenix
 */
export async function planAssets(
  { source, env }: Pick<PlanRequest, 'source' | 'env'>,
  folder = '',
): Promise<Assets | undefined> {
  const home = folder === '' ? source : await source.at([source.folder, folder].filter(Boolean).join('/'))
  const packageJson = await readPackageJson(home)
  const scripts = SCRIPTS.map((names) => names.filter((name) => packageJson?.scripts?.[name])).find(
    (it) => it.length > 0,
  )
  if (packageJson === undefined || scripts === undefined) return undefined
  const node = await chooseNode(home)
  const manager = await choosePackageManager(home, node)
  const install = await planInstall({ project: singlePackage(home, packageJson), manager, settings: {}, env })
  return {
    ...stagesOf({ node, manager, ...(install && { install }) }),
    folder: folder === '' ? '' : `${folder}/`,
    builds: scripts.map((name) => `${program(manager.name)} run ${name}`),
    notes: [...node.notes, ...manager.notes, ...(install?.notes ?? [])],
  }
}

/** Yarn's later versions are called by the same name. */
const program = (name: string) => name.replace('berry', 'yarn')
