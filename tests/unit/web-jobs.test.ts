import { expect, test } from 'vitest'
import { timesOf } from '../../web/src/jobs/cron-times.ts'
import { emptyForm, examples, problemsOfJob, toInput } from '../../web/src/jobs/job-form.ts'
import { tookOf, until } from '../../web/src/jobs/run-words.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const run = {
  id: 1,
  release: 1,
  startedAt: '2026-06-01T11:58:00.000Z',
  endedAt: null,
  state: 'running' as const,
  exitCode: null,
  message: null,
}

test('a form that is not filled in says what is missing, and one that is becomes what the API takes', () => {
  expect(Object.keys(problemsOfJob(emptyForm()))).toEqual(['name', 'command'])
  const form = { ...emptyForm(), name: ' nightly ', command: 'true', cron: ' 0 3 * * * ', timeoutSeconds: '60' }
  expect(problemsOfJob(form)).toEqual({})
  expect(toInput(form)).toEqual({
    name: 'nightly',
    command: 'true',
    cron: '0 3 * * *',
    timeZone: 'UTC',
    timeoutSeconds: 60,
  })
  expect(Object.keys(problemsOfJob({ ...form, timeoutSeconds: 'an hour', cron: '$(id)' }))).toEqual([
    'cron',
    'timeoutSeconds',
  ])
})

test('the examples fit, and a line shows its next three times in its zone or what is wrong', async () => {
  for (const { cron } of examples) expect((await timesOf(cron, 'UTC')).times).toHaveLength(3)
  expect((await timesOf('0 3 * * *', 'Asia/Kolkata')).times.every((it) => it.endsWith('03:00'))).toBe(true)
  const wrong = await timesOf('61 * * * *', 'Mars/Base')
  expect(wrong.cron).toContain('61')
  expect(wrong.timeZone).toContain('Mars/Base')
})

test('times are said as people say them', () => {
  expect(until('2026-06-01T12:00:20Z', NOW)).toBe('in less than a minute')
  expect(until('2026-06-01T15:30:00Z', NOW)).toBe('in 3 hours')
  expect(tookOf(run, NOW)).toBe('2 min 0 s')
  expect(tookOf({ ...run, endedAt: '2026-06-01T11:58:01.500Z', state: 'failed' }, NOW)).toBe('1.5 s')
  expect(tookOf({ ...run, state: 'skipped' }, NOW)).toBeUndefined()
})
