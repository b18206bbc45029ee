import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createGit } from '../../server/adapters/git.ts'
import { makeFolder } from '../support/temp-folder.ts'

test('git goes behind running apps, where both want the CPU', async () => {
  const folder = makeFolder()
  const noted = path.join(folder, 'noted')
  // Stands in for git, and notes how nice it is.
  writeFileSync(path.join(folder, 'git'), `#!/bin/sh\nnice >>${noted}\nexit 128\n`)
  chmodSync(path.join(folder, 'git'), 0o755)
  const { PATH } = process.env
  process.env.PATH = `${folder}:${PATH}`
  onTestFinished(() => void Object.assign(process.env, { PATH }))
  const git = createGit(path.join(folder, 'home'))
  const cloning = git.checkOut({ url: 'http://127.0.0.1:1/a/b', branch: null, folder: path.join(folder, 'clone') })
  await expect(cloning).rejects.toThrow()
  const found = readFileSync(noted, 'utf8').trim().split('\n').map(Number)
  expect(new Set(found)).toEqual(new Set([getPriority() + 10]))
})
