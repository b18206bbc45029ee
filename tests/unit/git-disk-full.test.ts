import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createGit } from '../../server/adapters/git.ts'
import { makeFolder } from '../support/temp-folder.ts'

/** Puts a git before the real one that says this and fails. */
function pretend(said: string): void {
  const folder = makeFolder()
  const file = path.join(folder, 'git')
  writeFileSync(file, `#!/bin/sh\necho '${said}' >&2\nexit 128\n`)
  chmodSync(file, 0o755)
  const { PATH } = process.env
  process.env.PATH = `${folder}:${PATH}`
  onTestFinished(() => void Object.assign(process.env, { PATH }))
}

test.each([
  'error: failed to write new configuration file /data/checkouts/x/.git/config.lock',
  'fatal: write error: No space left on device',
])('a clone that finds the disk full says so, and not that the network is to be looked at: %s', async (said) => {
  pretend(said)
  const folder = makeFolder()
  const git = createGit(path.join(folder, 'home'))
  const cloning = git.checkOut({ url: 'http://127.0.0.1:1/a/b', branch: null, folder: path.join(folder, 'clone') })
  await expect(cloning).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringContaining('Free some space'),
  })
})
