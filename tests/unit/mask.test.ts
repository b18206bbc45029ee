import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMask } from '../../server/mask.ts'

/** Random enough not to turn up by chance in what surrounds it. */
const secret = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 60 }).filter((it) => new Set(it).size > 8)
const neighbour = fc.string({ unit: fc.constantFrom(...'abcxyz:=019 '), maxLength: 5 })

/** Every stretch of so many letters: none of them may stay readable. */
const stretches = (text: string, length: number) =>
  Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))

describe('41 secrets in a log', () => {
  test.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['encoded for an address', encodeURIComponent],
    ['encoded for a form', (text) => new URLSearchParams({ x: text }).toString().slice(2)],
    ['as JSON', JSON.stringify],
  ])('%s it is replaced by dots', (_, encode) => {
    fc.assert(
      fc.property(secret, neighbour, neighbour, (text, before, after) => {
        const line = createMask([text])(before + encode(text) + after)
        expect(line).toContain('••••••')
        expect(stretches(encode(text), 10).filter((piece) => line.includes(piece))).toEqual([])
      }),
    )
  })

  test.each(['base64', 'base64url'] as const)('as %s too, whatever stands before and behind it', (alphabet) => {
    fc.assert(
      fc.property(secret, neighbour, neighbour, (text, before, after) => {
        const encoded = Buffer.from(before + text + after).toString(alphabet)
        const line = createMask([text])(encoded)
        const own = Buffer.byteLength(text)
        expect(line).toContain('••••••')
        expect(line.replaceAll('•', '').length).toBeLessThanOrEqual(encoded.length - Math.floor((own * 4) / 3) + 4)
      }),
    )
  })

  test.each([64, 76])('as base64 that is wrapped after %i letters', (width) => {
    const key = 'a private key of many letters, '.repeat(8)
    const lines =
      Buffer.from(`${key}\n`)
        .toString('base64')
        .match(new RegExp(`.{1,${width}}`, 'g')) ?? []
    const mask = createMask([key])
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(mask(line).replaceAll('•', '').length).toBeLessThanOrEqual(4)
  })

  test('of a secret with several lines each is masked, since a log comes line by line', () => {
    const mask = createMask(['-----BEGIN KEY-----\r\nMIIEvQIBADANBg\nx\n'])
    expect(mask('MIIEvQIBADANBg')).toBe('••••••')
    expect(mask('x marks the spot')).toBe('x marks the spot')
  })

  test('the longer of two secrets goes first, and short ones would hide nothing', () => {
    expect(createMask(['pass', 'password'])('password pass')).toBe('•••••• ••••••')
    expect(createMask(['abc', ''])('abc')).toBe('abc')
    expect(createMask([])('anything')).toBe('anything')
  })

  test('a secret of characters that mean something in a pattern is only text', () => {
    expect(createMask(['.*+?^$'])('.*+?^$ anything')).toBe('•••••• anything')
  })
})
