import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  containerName,
  imageName,
  isReservedSubdomain,
  normalizeSubdomain,
  subnetsOf,
  suggestSubdomain,
} from '../../server/names.ts'

const anything = fc.string({ unit: 'binary', maxLength: 80 })
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

describe('25 a subdomain with characters that mean something to a program', () => {
  test('whatever is typed becomes a host name’s label or nothing', () => {
    fc.assert(
      fc.property(anything, (typed) => {
        const subdomain = normalizeSubdomain(typed)
        if (subdomain === undefined) return
        expect(subdomain).toMatch(LABEL)
        expect(subdomain.length).toBeLessThanOrEqual(63)
      }),
    )
  })

  test('one foreign character anywhere spoils a good subdomain', () => {
    const foreign = fc.constantFrom(...';{}$ .\n\r\t\0/\\"\'`()<>|&*?_:%#@!~^=+,[]\u00ad\u200b\u202e\u2028')
    fc.assert(
      fc.property(label, foreign, fc.nat(63), (good, bad, at) => {
        expect(normalizeSubdomain(good.slice(0, at) + bad + good.slice(at))).toBeUndefined()
      }),
    )
  })

  test('what is accepted names a container and an image without quoting', () => {
    fc.assert(
      fc.property(label, fc.integer({ min: 1, max: 1e6 }), (subdomain, release) => {
        const ref = { deploymentId: 'd', subdomain, release }
        expect(containerName('slipway', ref)).toMatch(/^[a-z0-9][a-z0-9-]+$/)
        expect(imageName('slipway', ref)).toMatch(/^slipway\/[a-z0-9-]+:[0-9]+$/)
      }),
    )
  })
})

describe('26 the length of a subdomain and hyphens at its ends', () => {
  test.each([
    ['64 letters', 'a'.repeat(64)],
    ['a leading hyphen', '-a'],
    ['a trailing hyphen', 'a-'],
    ['only a hyphen', '-'],
    ['nothing', ''],
    ['63 letters that grow when they are folded', `${'a'.repeat(62)}ﬁ`],
  ])('%s: refused', (_, typed) => expect(normalizeSubdomain(typed)).toBeUndefined())

  test.each([
    ['63 letters', 'a'.repeat(63)],
    ['one letter', 'a'],
    ['one digit', '7'],
    ['hyphens inside', 'a-b--c'],
  ])('%s: accepted as it is', (_, typed) => expect(normalizeSubdomain(typed)).toBe(typed))
})

describe('27 reserved names', () => {
  test.each(['www', 'api', 'admin', 'slipway', 'mail', 'localhost', 'wpad', 'xn--80ak6aa92e', 'ab--cd'])(
    '%s is reserved, however it is typed',
    (name) => {
      const wide = name.replace(/[a-z]/g, (it) => String.fromCodePoint((it.codePointAt(0) ?? 0) + 0xfee0))
      for (const typed of [name, name.toUpperCase(), wide]) {
        expect(isReservedSubdomain(normalizeSubdomain(typed) ?? 'none')).toBe(true)
      }
    },
  )

  test('_acme-challenge is no label at all', () => expect(normalizeSubdomain('_acme-challenge')).toBeUndefined())

  test('what is suggested for a repository can always be had', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.stringMatching(/^[A-Za-z0-9._-]{1,100}$/)), (name) => {
        const subdomain = suggestSubdomain(name)
        expect(normalizeSubdomain(subdomain)).toBe(subdomain)
        expect(isReservedSubdomain(subdomain)).toBe(false)
      }),
    )
    for (const name of ['www', 'xn--80ak6aa92e', 'api', '---', '...', 'a.b', 'x'.repeat(100)]) {
      expect(isReservedSubdomain(suggestSubdomain(name))).toBe(false)
    }
  })
})

describe('28 letters that look like others', () => {
  test('upper case and full width are the same name', () => {
    fc.assert(
      fc.property(label, (name) => {
        const wide = [...name].map((it) => (it === '-' ? it : String.fromCodePoint((it.codePointAt(0) ?? 0) + 0xfee0)))
        expect(normalizeSubdomain(name.toUpperCase())).toBe(name)
        expect(normalizeSubdomain(wide.join(''))).toBe(name)
      }),
    )
  })

  test('normalising twice changes nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...letters, ...'ＡＢＣａｂｃ１２３-ABCﬁⅣ²'), maxLength: 40 }),
        (typed) => {
          const once = normalizeSubdomain(typed)
          if (once !== undefined) expect(normalizeSubdomain(once)).toBe(once)
        },
      ),
    )
  })

  test.each([
    ['Cyrillic', 'аpple'],
    ['Greek', 'αpp'],
    ['a dotless i', 'ıapp'],
    ['a Turkish capital İ', 'İapp'],
    ['an accent', 'café'],
    ['a combining accent', 'cafe\u0301'],
    ['a zero-width joiner', 'a\u200dpp'],
    ['a soft hyphen', 'a\u00adpp'],
    ['an ideographic full stop', 'a。b'],
  ])('%s: refused', (_, typed) => expect(normalizeSubdomain(typed)).toBeUndefined())
})

test('two ports never try the same subnet first, and every subnet is one that is never routed', () => {
  const ports = fc.uniqueArray(fc.integer({ min: 3000, max: 3000 + 8191 }), { minLength: 2, maxLength: 2 })
  fc.assert(
    fc.property(ports, ([one = 0, other = 0]) => {
      expect(subnetsOf(one)[0]).not.toBe(subnetsOf(other)[0])
      expect(new Set(subnetsOf(one)).size).toBe(16)
      for (const subnet of subnetsOf(one)) expect(subnet).toMatch(/^198\.1[89]\.\d{1,3}\.\d{1,3}\/28$/)
    }),
  )
})
