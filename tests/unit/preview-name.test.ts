import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isReservedSubdomain, normalizeSubdomain } from '../../server/names.ts'
import { previewSubdomain } from '../../server/preview-name.ts'

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/).filter((it) => !isReservedSubdomain(it))
const number = fc.integer({ min: 1, max: 9_999_999 })

test('a preview is named after its app and its pull request', () => {
  expect(previewSubdomain('shop', 7)).toBe('shop-pr-7')
})

test('every preview has a name that a host can have, however long its app’s is', () => {
  fc.assert(
    fc.property(label, number, (app, pull) => {
      const subdomain = previewSubdomain(app, pull)
      expect(normalizeSubdomain(subdomain)).toBe(subdomain)
      expect(subdomain.endsWith(`-pr-${pull}`)).toBe(true)
    }),
  )
})

test('apps whose long names begin alike have different previews', () => {
  const [one, two] = [`${'a'.repeat(62)}1`, `${'a'.repeat(62)}2`]
  expect(previewSubdomain(one, 7)).not.toBe(previewSubdomain(two, 7))
  expect(previewSubdomain(one, 7)).toHaveLength(63)
})
