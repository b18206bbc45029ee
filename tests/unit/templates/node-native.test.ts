import { expect, test } from 'vitest'
import { recipeFor } from '../../support/tree.ts'

const entry = (name: string, needs: string) => `"${name}@npm:1.0.0":
  version: 1.0.0
  resolution: "${name}@npm:1.0.0"
  dependencies:
    ${needs}: "npm:latest"
  languageName: node
  linkType: hard
`
const withLock = (...entries: string[]) =>
  recipeFor({
    'package.json': { packageManager: 'yarn@4.9.1', scripts: { start: 'node a.js' }, dependencies: { chokidar: '^3' } },
    'yarn.lock': [
      '__metadata:\n  version: 8\n',
      ...entries,
      `${entry('node-gyp', 'nopt')}  bin:\n    node-gyp: ./bin/node-gyp.js\n`,
    ].join('\n'),
    'a.js': '',
  })

test('what Yarn would compile on a Mac alone needs no compiler here', async () => {
  const { dockerfile } = await withLock(entry('fsevents', 'node-gyp'))
  expect(dockerfile).not.toContain('apt-get')
})

test('what Yarn compiles here does', async () => {
  const { dockerfile } = await withLock(entry('fsevents', 'node-gyp'), entry('their-own-addon', 'node-gyp'))
  expect(dockerfile).toContain('install -y --no-install-recommends g++ make python3')
})
