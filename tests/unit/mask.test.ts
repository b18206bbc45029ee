import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMask } from '../../server/mask.ts'

const secret = 'p4ss/w+rd?&=ü'

describe('a secret in a log line', () => {
  test.each([
    ['as it is', secret],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 without padding', Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['URL-encoded', encodeURIComponent(secret)],
  ])('is masked %s, wherever it stands and however often', (_form, text) => {
    const masked = createMask([secret])(`before ${text}, ${text}after`)
    expect(masked).toBe('before ••••••, ••••••after')
  })

  test('is masked whatever it consists of', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 60 }).filter((it) => !/[\r\n•]/.test(it))
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (hidden, before, after) => {
        expect(createMask([hidden])(before + hidden + after)).not.toContain(hidden)
      }),
    )
  })

  test('does not let the longer one show where a shorter one is its beginning', () => {
    expect(createMask(['token', 'token-of-admin'])('it is token-of-admin')).toBe('it is ••••••')
  })

  test('of several lines is masked line by line, as logs come', () => {
    const key = '-----BEGIN KEY-----\nc2VjcmV0LWtleQ\nZm9yLXRlc3Rz\n-----END KEY-----'
    const mask = createMask([key])
    expect(key.split('\n').map(mask)).toEqual(['••••••', '••••••', '••••••', '••••••'])
  })

  test('that is too short to hide anything is left, and so is all else', () => {
    expect(createMask(['a', 'on'])('an option')).toBe('an option')
    expect(createMask([])('anything')).toBe('anything')
  })
})
