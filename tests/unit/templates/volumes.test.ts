import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadCatalog } from '../../../server/templates/catalog.ts'
import { chooseRecipe } from '../../../server/templates/detect.ts'
import { root } from '../../support/slipway.ts'

const folder = path.join(root, 'templates')
const catalog = await loadCatalog(folder)
/** The first brings its own Dockerfile, the other serves files and writes none. */
const others = readdirSync(folder, { withFileTypes: true })
  .filter((it) => it.isDirectory() && !['dockerfile', 'static'].includes(it.name))
  .map((it) => it.name)

test.each(others)(
  'an app of the template %s may write to its volumes: the image has their folders, and they are its own',
  async (name) => {
    const wishes = {
      githubUrl: '',
      rootDir: '',
      template: null,
      overrides: {},
      volumes: [{ name: 'data', path: '/data' }],
    }
    const choice = await chooseRecipe(catalog, path.join(folder, name, 'example'), wishes, [])
    const final = choice.recipe.dockerfile?.split(/^FROM /m).at(-1) ?? ''
    const owner = /^RUN mkdir -p \/data && chown (\S+) \/data$/m.exec(final)
    const user = /^USER (\S+)$/m.exec(final)
    expect(owner?.[1]?.split(':')[0]).toBe(user?.[1])
    expect(owner?.index).toBeLessThan(user?.index ?? 0)
  },
)
