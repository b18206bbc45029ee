import { describe, expect, test } from 'vitest'
import { readAddress, refusePlain } from '../../../cli/address.ts'

describe('the address of a Slipway', () => {
  test.each([
    ['https://slipway.example.com', 'https://slipway.example.com'],
    ['https://slipway.example.com/deployments/1?tab=logs#end', 'https://slipway.example.com'],
    ['slipway.example.com', 'https://slipway.example.com'],
    ['slipway.example.com:8443', 'https://slipway.example.com:8443'],
    ['localhost:2999', 'http://localhost:2999'],
    ['127.0.0.1:2999', 'http://127.0.0.1:2999'],
    ['http://10.0.0.7:2999', 'http://10.0.0.7:2999'],
  ])('%s is read as %s', (typed, origin) => {
    expect(readAddress(typed)).toBe(origin)
  })

  test.each(['', 'ftp://example.com', 'file:///etc/passwd', 'javascript:alert(1)', 'http://', 'https://a b'])(
    '“%s” is none',
    (typed) => {
      expect(() => readAddress(typed)).toThrow(expect.objectContaining({ code: 'wrong_usage', exit: 2 }))
    },
  )

  test('one with a password in it is refused without showing it', () => {
    expect(() => readAddress('https://admin:hunter2@example.com')).toThrow(/^(?!.*hunter2).*password/)
  })
})

describe('plain HTTP', () => {
  test.each([
    'http://localhost:2999',
    'http://127.0.0.1:2999',
    'http://127.9.9.9',
    'http://[::1]:2999',
    'https://x.org',
  ])('to %s is fine', (origin) => {
    expect(() => refusePlain(origin, false)).not.toThrow()
  })

  test.each([
    'http://example.com',
    'http://10.0.0.7:2999',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://app.localhost',
    'http://[::2]',
  ])('to %s is refused, unless it is allowed', (origin) => {
    expect(() => refusePlain(origin, false)).toThrow(expect.objectContaining({ code: 'insecure_address', exit: 1 }))
    expect(() => refusePlain(origin, true)).not.toThrow()
  })
})
