import { expect, test } from 'vitest'
import { problemOf } from '../../server/adapters/nginx-problem.ts'
import { AppError } from '../../server/errors.ts'

const well = { state: 'up' as const, isLoaded: true, aside: [] }

test('an nginx that runs with what is on the disk has no problem', () => {
  expect(problemOf('managed', well, new AppError('nginx_rejected', 'once'))).toBeUndefined()
})

test('one whose master was killed serves on, and can be started by us', () => {
  expect(problemOf('managed', { ...well, state: 'orphaned' }, undefined)).toEqual({
    running: true,
    text: expect.stringContaining('was killed'),
    remedy: { text: 'Start nginx.', automatic: true },
  })
})

test('one that does not run is started by us where it is ours, and else by the user', () => {
  const down = { ...well, state: 'down' as const }
  expect(problemOf('managed', down, undefined)).toMatchObject({ running: false, remedy: { automatic: true } })
  expect(problemOf('system', down, undefined)).toMatchObject({ running: false, remedy: { automatic: false } })
})

test('why the last start failed is told instead of that it does not run', () => {
  const failure = new AppError('nginx_rejected', 'Port 80 is taken by another program.')
  const problem = problemOf('managed', { ...well, state: 'down' }, failure)
  expect(problem).toMatchObject({ text: 'Port 80 is taken by another program.', remedy: { text: 'Start nginx.' } })
})

test('vhosts that were put aside are named', () => {
  expect(problemOf('managed', { ...well, aside: ['shop', 'blog'] }, undefined)).toMatchObject({
    running: true,
    text: 'Vhosts were put aside: shop, blog',
  })
})
