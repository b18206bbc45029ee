import { openSource } from '../../server/templates/source.ts'
import type { App, Framework } from '../../templates/node/app.ts'
import { recogniseFramework } from '../../templates/node/frameworks/recognise.ts'
import { plant, type Tree } from './tree.ts'

type Wishes = Partial<Pick<App, 'settings' | 'folder'>>

/** What framework a repository of these files is taken for; `packageJson` is the text of its package.json. */
export async function frameworkOf(
  packageJson: App['packageJson'],
  tree: Tree = {},
  wishes: Wishes = {},
): Promise<Framework> {
  const source = await openSource(plant({ ...tree, 'package.json': packageJson }), '')
  return recogniseFramework({
    source,
    packageJson,
    dependencies: { ...packageJson.dependencies, ...packageJson.devDependencies },
    scripts: packageJson.scripts ?? {},
    run: (script) => `npm run ${script}`,
    exec: (program) => `npx ${program}`,
    settings: {},
    folder: '',
    ...wishes,
  })
}
