import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { makeSshKey, withoutComment } from '../../server/ssh-key.ts'
import { makeFolder } from '../support/temp-folder.ts'

test.each(['slipway:acme/app', 'x', 'eight888', ''])(
  'a key with the comment “%s” is one that OpenSSH reads',
  (comment) => {
    const { publicKey, privateKey } = makeSshKey(comment)
    const file = path.join(makeFolder(), 'id')
    writeFileSync(file, privateKey, { mode: 0o600 })
    const read = execFileSync('ssh-keygen', ['-y', '-P', '', '-f', file], { encoding: 'utf8' })
    expect(read.trim()).toBe(publicKey.trim())
    expect(withoutComment(publicKey)).toMatch(/^ssh-ed25519 AAAA[\w+/=]+$/)
  },
)

test('no two keys are the same, and the private part is not in the public one', () => {
  const [one, other] = [makeSshKey('a'), makeSshKey('a')]
  expect(one.publicKey).not.toBe(other.publicKey)
  expect(one.publicKey.length).toBeLessThan(100)
})
