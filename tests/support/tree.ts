import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { EnvVariable } from '../../server/db/deployments.ts'
import { loadCatalog } from '../../server/templates/catalog.ts'
import { type Choice, chooseRecipe } from '../../server/templates/detect.ts'
import { root } from './slipway.ts'
import { makeFolder } from './temp-folder.ts'

/** A repository in short: path → text; an object is written as JSON. */
export type Tree = Record<string, string | object>

const REPOSITORY = 'https://github.com/acme/app'

type Wishes = Partial<Parameters<typeof chooseRecipe>[2]> & { env?: EnvVariable[] }

const catalog = await loadCatalog(path.join(root, 'templates'))

/** Writes the files into a folder of their own, and answers its path. */
export function plant(tree: Tree): string {
  const folder = makeFolder()
  for (const [name, content] of Object.entries(tree)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

/** How Slipway would build a repository of these files. */
export async function choose(tree: Tree, { env = [], ...wishes }: Wishes = {}): Promise<Choice> {
  return chooseRecipe(
    catalog,
    plant(tree),
    { githubUrl: REPOSITORY, rootDir: '', template: null, overrides: {}, volumes: [], ...wishes },
    env,
  )
}

/** The recipe alone. */
export const recipeFor = async (tree: Tree, wishes: Wishes = {}) => (await choose(tree, wishes)).recipe
