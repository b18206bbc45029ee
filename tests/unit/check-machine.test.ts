import { expect, test } from 'vitest'
import { checkDisks } from '../../server/deploy/check-machine.ts'

const GIB = 2 ** 30
const limits = { minFreeDiskMb: 1024, diskStopPercent: 95 }
const large = { folder: '/var/lib/docker', total: 1000 * GIB, free: 100 * GIB }

test('of several disks a smaller one without room for a build is told of, though a larger part of another is in use', () => {
  const small = { folder: '/data', total: 5 * GIB, free: 0.8 * GIB }
  expect(checkDisks([large, small], limits)).toEqual({ ok: false, detail: '0.8 of 5.0 GiB free' })
})

test('where each has room the fullest is told of', () => {
  const empty = { folder: '/data', total: 50 * GIB, free: 40 * GIB }
  expect(checkDisks([empty, large], limits)).toEqual({ ok: true, detail: '100.0 of 1000.0 GiB free' })
})
