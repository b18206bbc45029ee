import { execFile } from 'node:child_process'
import { cp, mkdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { launcher } from '../../support/command-line.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const run = promisify(execFile)
const BUILT = 'dist/cli/slipway.mjs'

/** A checkout with a built client, where everything is as old as that but for one file. Answers what is started. */
async function start(newer?: string): Promise<string> {
  const root = makeFolder()
  const sources = ['cli/main.ts', 'cli/commands/env.ts', 'server/variables.ts', 'web/src/ui/format.ts']
  for (const file of ['package.json', BUILT, ...sources]) {
    const target = path.join(root, file)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, file === 'package.json' ? '{"type":"module"}' : `console.log('${file}')\n`)
    await utimes(target, 1000, file === newer ? 2000 : 1000)
  }
  await cp(launcher, path.join(root, 'cli', 'slipway.js'))
  return (await run(process.execPath, [path.join(root, 'cli', 'slipway.js')])).stdout.trim()
}

test('the built client is started', async () => {
  expect(await start()).toBe(BUILT)
})

test.each(['cli/commands/env.ts', 'server/variables.ts', 'web/src/ui/format.ts'])(
  'the sources are, when %s was changed since',
  async (file) => {
    expect(await start(file)).toBe('cli/main.ts')
  },
)
