import { expect, test } from 'vitest'
import { checkEnv } from '../../server/http/check-input.ts'

const built = (env: Parameters<typeof checkEnv>[0]) => checkEnv(env).map(({ key, buildTime }) => [key, buildTime])

test('a variable that a tool writes into the pages it builds is given to the build by itself', () => {
  const names = ['VITE_API', 'NEXT_PUBLIC_API', 'PUBLIC_API', 'REACT_APP_API', 'API', 'MY_VITE_API', 'NEXT_API']
  expect(built(names.map((key) => ({ key, value: 'x' })))).toEqual([
    ['VITE_API', true],
    ['NEXT_PUBLIC_API', true],
    ['PUBLIC_API', true],
    ['REACT_APP_API', true],
    ['API', false],
    ['MY_VITE_API', false],
    ['NEXT_API', false],
  ])
})

test('unless somebody said otherwise, now or before', () => {
  expect(built([{ key: 'VITE_API', value: 'x', buildTime: false }])).toEqual([['VITE_API', false]])
  const stored = [{ key: 'VITE_API', value: 'x', secret: false, buildTime: false }]
  expect(checkEnv([{ key: 'VITE_API' }], stored)).toEqual(stored)
})
