import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { planInstall } from './install.ts'
import { chooseNode } from './node-version.ts'
import { readPackageJson } from './package-json.ts'
import { choosePackageManager } from './package-manager.ts'
import { singlePackage } from './project.ts'
import { type Stages, stagesOf } from './stages.ts'

/** Node with node_modules for the build of another language. In Dockerfile.njk it is called `node`: see lend.njk. */
export type Lent = Stages & {
  /** The folder of package.json below the app's, with a `/` at the end; '' when it is the app's. */
  folder: string
  notes: string[]
}

/** Undefined without a package.json in the folder. The tools of the other language call the package's scripts. */
export async function planLent(
  { source, env }: Pick<PlanRequest, 'source' | 'env'>,
  folder = '',
): Promise<Lent | undefined> {
  const home = folder === '' ? source : await source.at([source.folder, folder].filter(Boolean).join('/'))
  const packageJson = await readPackageJson(home)
  if (packageJson === undefined) return undefined
  const node = await chooseNode(home)
  const manager = await choosePackageManager(home, node)
  const install = await planInstall({ project: singlePackage(home, packageJson), manager, settings: {}, env })
  return {
    ...stagesOf({ node, manager, ...(install && { install }) }),
    folder: folder === '' ? '' : `${folder}/`,
    notes: [...node.notes, ...manager.notes, ...(install?.notes ?? [])],
  }
}
