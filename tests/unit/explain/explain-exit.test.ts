import { expect, test } from 'vitest'
import { explainExit } from '../../../server/deploy/explain/explain-exit.ts'

test.each([
  [0, /ended, instead of staying to serve/],
  [126, /may not be executed/],
  [127, /was not found/],
  [139, /segmentation fault/],
  [143, /SIGTERM/],
])('code %i is told in words', (code, says) => {
  const error = explainExit(code, [])
  expect(error.code).toBe('app_exited')
  expect(error.message).toMatch(says)
  expect(error.message).toMatch(
    new RegExp(`^The app exited with code ${code} \\(.*\\) instead of serving\\. It printed`),
  )
})

test('what an app printed explains its end, with the code and the remedy', () => {
  const error = explainExit(1, ['Error: DATABASE_URL environment variable is not set', '    at main.js:1:37'])
  expect(error).toMatchObject({
    code: 'app_exited',
    message: 'The app exited with code 1. What the app needs is not in its environment: DATABASE_URL.',
    hint: 'Add it under Environment; saving deploys the app again.',
  })
})

test('of memory it ran out of, the code says so', () => {
  expect(explainExit(134, ['FATAL ERROR: JavaScript heap out of memory']).code).toBe('app_out_of_memory')
})

test('what is not known is quoted: the line that looks like a reason, else the last', () => {
  expect(explainExit(1, ['TypeError: x is no moon', '    at a.js:1', '', 'Node.js v24']).message).toBe(
    'The app exited with code 1 instead of serving. It said: TypeError: x is no moon',
  )
  expect(explainExit(3, ['going down', '']).message).toContain('It said: going down')
})

test('of one that is started again and again the code may be unknown', () => {
  expect(explainExit(undefined, ['bye']).message).toBe('The app ended again and again instead of serving. It said: bye')
})
