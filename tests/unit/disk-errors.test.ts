import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { toAppError } from '../../server/errors.ts'

const withCode = (code: string) => Object.assign(new Error(code), { code })

test('a disk that cannot be read is told as that, with where to look', async () => {
  // The first page of a process is never there: the kernel answers with an i/o error.
  const error = await readFile('/proc/self/mem').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'EIO' })
  expect(toAppError(error)).toMatchObject({
    code: 'disk_failed',
    message: expect.stringContaining('dmesg'),
    cause: error,
  })
})

test.each([
  ['disk_full', 'ENOSPC'],
  ['disk_full', 'EDQUOT'],
  ['disk_full', 'SQLITE_FULL'],
  ['disk_full', 'SQLITE_IOERR_SHMSIZE'],
  ['disk_failed', 'EROFS'],
  ['disk_failed', 'SQLITE_IOERR_WRITE'],
  ['internal', 'ENOENT'],
])('%s is what %s means', (code, cause) => {
  expect(toAppError(withCode(cause))).toMatchObject({ code })
})
