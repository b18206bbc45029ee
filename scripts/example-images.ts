// Prints the base images that the examples of the templates are built from, a name a line, for scripts/base-images:
// of those whose example is run in the tests.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../server/root.ts'
import { loadCatalog } from '../server/templates/catalog.ts'
import { chooseRecipe } from '../server/templates/detect.ts'

const folder = path.join(root, 'templates')
const catalog = await loadCatalog(folder)
const images = new Set<string>()
for (const { name, proof } of catalog) {
  if (proof === 'run')
    for (const image of imagesIn(await dockerfileOf(path.join(folder, name, 'example')))) images.add(image)
}
console.log([...images].sort().join('\n'))

async function dockerfileOf(example: string): Promise<string> {
  const wishes = { githubUrl: '', rootDir: '', template: null, overrides: {}, volumes: [] }
  const { recipe } = await chooseRecipe(catalog, example, wishes, [])
  return recipe.dockerfile ?? readFile(path.join(example, recipe.dockerfilePath ?? 'Dockerfile'), 'utf8')
}

/** What FROM and COPY --from name, without the stages of the Dockerfile itself. */
function imagesIn(dockerfile: string): string[] {
  const stages = new Set([...dockerfile.matchAll(/^FROM \S+ AS (\S+)/gim)].map(([, name]) => name))
  const named = [...dockerfile.matchAll(/^(?:FROM |COPY .*?--from=)(\S+)/gim)].map(([, name = '']) => name)
  return named.filter((name) => !stages.has(name))
}
