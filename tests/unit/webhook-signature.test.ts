import { expect, test } from 'vitest'
import { isSigned } from '../../server/http/webhook-signature.ts'
import { createCountWrong } from '../../server/http/wrong-signatures.ts'

const body = Buffer.from('Hello, World!')
const secret = "It's a Secret to Everybody"
const right = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'

test("GitHub's own example is signed", () => {
  expect(isSigned(body, secret, `sha256=${right}`)).toBe(true)
})

test.each<[string, unknown]>([
  ['no signature', undefined],
  ['an empty one', ''],
  ['one that is cut', `sha256=${right.slice(0, 63)}`],
  ['one that is longer', `sha256=${right}00`],
  ['the digits alone', right],
  ['one of zeros', `sha256=${'0'.repeat(64)}`],
  ['capital letters', `sha256=${right.toUpperCase()}`],
  ['another algorithm', `sha1=${right.slice(0, 40)}`],
  ['two of them', [`sha256=${right}`, `sha256=${right}`]],
])('%s is refused', (_, header) => {
  expect(isSigned(body, secret, header)).toBe(false)
})

test('a byte more or another secret is another signature', () => {
  expect(isSigned(Buffer.from('Hello, World! '), secret, `sha256=${right}`)).toBe(false)
  expect(isSigned(body, 'another', `sha256=${right}`)).toBe(false)
})

test('without a secret nothing is signed', () => {
  expect(isSigned(body, undefined, `sha256=${right}`)).toBe(false)
})

test('an address is told after thirty wrong signatures, and others are not for it', () => {
  const countWrong = createCountWrong()
  const answers = Array.from({ length: 31 }, () => countWrong('192.0.2.1'))
  expect(answers).toEqual([...Array(30).fill(false), true])
  expect(countWrong('192.0.2.2')).toBe(false)
})
