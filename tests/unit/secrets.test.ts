import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSecrets, loadMasterKeys } from '../../server/secrets.ts'
import { makeFolder } from '../support/temp-folder.ts'

const secrets = createSecrets([randomBytes(32)])

describe('sealing', () => {
  test('any text comes back byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(secrets.decrypt(secrets.encrypt(text, context), context)).toBe(text)
      }),
    )
  })

  test('the same text is never sealed the same way twice, and does not show through', () => {
    const [first, second] = [secrets.encrypt('open sesame', 'a'), secrets.encrypt('open sesame', 'a')]
    expect(first).not.toBe(second)
    expect(Buffer.from(first.split(':')[4] ?? '', 'base64').toString()).not.toContain('sesame')
  })

  test('it opens in its own context only: the variables of one app cannot be given to another', () => {
    const sealed = secrets.encrypt('open sesame', 'deployment-1')
    expect(() => secrets.decrypt(sealed, 'deployment-2')).toThrow()
  })

  test('one changed byte anywhere, or a shortened tag, and it does not open', () => {
    const sealed = secrets.encrypt('open sesame', 'a')
    const parts = sealed.split(':')
    for (const index of [2, 3, 4]) {
      const bytes = Buffer.from(parts[index] ?? '', 'base64')
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        expect(() => secrets.decrypt(parts.with(index, changed.toString('base64')).join(':'), 'a')).toThrow()
      }
    }
    const tag = Buffer.from(parts[3] ?? '', 'base64')
      .subarray(0, 4)
      .toString('base64')
    expect(() => secrets.decrypt(parts.with(3, tag).join(':'), 'a')).toThrow()
  })

  test('a text sealed with a key that is not there any more says which one is missing', () => {
    const sealed = secrets.encrypt('x', 'a')
    expect(() => createSecrets([randomBytes(32)]).decrypt(sealed, 'a')).toThrow(sealed.split(':')[1])
    expect(createSecrets([randomBytes(32)]).decryptIfReadable(sealed, 'a')).toBeUndefined()
  })
})

describe('rotation', () => {
  test('with a new key in front, old texts still open and new ones need the new key', () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)]
    const sealedBefore = createSecrets([old]).encrypt('before', 'a')
    const rotated = createSecrets([fresh, old])
    const sealedAfter = rotated.encrypt('after', 'a')
    expect(rotated.decrypt(sealedBefore, 'a')).toBe('before')
    expect(createSecrets([fresh]).decrypt(sealedAfter, 'a')).toBe('after')
    expect(() => createSecrets([old]).decrypt(sealedAfter, 'a')).toThrow()
    expect(rotated.sessionKey).not.toEqual(createSecrets([old]).sessionKey)
  })

  test('the key that signs sessions is neither the master key nor the one that encrypts', () => {
    const master = randomBytes(32)
    const { sessionKey } = createSecrets([master])
    expect(sessionKey).toHaveLength(32)
    expect(sessionKey).not.toEqual(master)
    expect(sessionKey).toEqual(createSecrets([master]).sessionKey)
  })
})

describe('the key file', () => {
  test('is made once, for its owner only, and read again later', () => {
    const folder = makeFolder()
    const made = loadMasterKeys(folder, undefined)
    expect(statSync(path.join(folder, 'secret.key')).mode & 0o777).toBe(0o600)
    expect(made).toHaveLength(1)
    expect(loadMasterKeys(folder, undefined)).toEqual(made)
  })

  test('that others may read is refused, with the command that mends it', () => {
    const folder = makeFolder()
    loadMasterKeys(folder, undefined)
    chmodSync(path.join(folder, 'secret.key'), 0o640)
    expect(() => loadMasterKeys(folder, undefined)).toThrow(/chmod 600/)
  })

  test('with several lines gives the current key first', () => {
    const folder = makeFolder()
    const [first] = loadMasterKeys(folder, undefined)
    const file = path.join(folder, 'secret.key')
    const fresh = randomBytes(32)
    writeFileSync(file, `${fresh.toString('base64')}\n${readFileSync(file, 'utf8')}`)
    expect(loadMasterKeys(folder, undefined)).toEqual([fresh, first])
  })

  test.each(['', 'too short\n', `${randomBytes(31).toString('base64')}\n`])('that holds %j is refused', (text) => {
    const folder = makeFolder()
    writeFileSync(path.join(folder, 'secret.key'), text, { mode: 0o600 })
    expect(() => loadMasterKeys(folder, undefined)).toThrow(/32-byte keys/)
  })

  test('is neither read nor made when the key comes from the setting', () => {
    const folder = makeFolder()
    const key = randomBytes(32)
    expect(loadMasterKeys(folder, key.toString('base64'))).toEqual([key])
    expect(() => statSync(path.join(folder, 'secret.key'))).toThrow(/ENOENT/)
  })
})
