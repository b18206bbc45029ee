import { expect, test } from 'vitest'
import { safeNext } from '../../web/src/state/next.ts'

const origin = 'https://slipway.example.com'

test.each([
  ['/apps/1/logs?kind=build#end', '/apps/1/logs?kind=build#end'],
  ['/', '/'],
])('%s is a page of ours', (next, path) => expect(safeNext(next, origin)).toBe(path))

test.each([
  null,
  '',
  'apps',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  'https://evil.example/',
  `${origin}/apps`,
  'javascript:alert(1)',
  'data:text/html,x',
  '/login?next=/login',
  '/%5c/../\\evil.example//',
])('%j leads to the front page or stays here', (next) => {
  const path = safeNext(next, origin)
  expect(new URL(path, origin).origin).toBe(origin)
  expect(path).toMatch(/^\/(?![/\\])/)
})
