import { expect, test } from 'vitest'
import { createRunLog } from '../../../server/deploy/schedules/run-log.ts'
import { createMask } from '../../../server/mask.ts'

test('secrets are masked, also in base64', () => {
  const log = createRunLog(createMask(['hunter2-hunter2']))
  log.add('the key is hunter2-hunter2')
  log.add(`Basic ${Buffer.from('me:hunter2-hunter2').toString('base64')}`)
  expect(log.text()).not.toContain('hunter2')
  expect(log.text()).not.toContain(Buffer.from('me:hunter2-hunter2').toString('base64'))
  expect(log.text()).toMatch(/^the key is ••••••\nBasic /)
})

test('of a long log the last 200 kB stay, and it says so', () => {
  const log = createRunLog((text) => text)
  for (let line = 1; line <= 200_000; line++) log.add(`line ${line}`)
  const lines = log.text().split('\n')
  expect(lines[0]).toBe('… what came before is left out: the last 200 kB are kept')
  expect(lines.at(-1)).toBe('line 200000')
  expect(lines.slice(1)).toEqual(lines.slice(1).map((_, at) => `line ${200_000 - (lines.length - 2) + at}`))
  expect(Buffer.byteLength(log.text())).toBeLessThan(201_000)
  expect(Buffer.byteLength(log.text())).toBeGreaterThan(199_000)
})
