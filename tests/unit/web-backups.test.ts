import { expect, test } from 'vitest'
import { draftOfBackups, inputOfBackups, phaseInWords, problemsOfBackups } from '../../web/src/settings/backup-form.ts'

const fresh = () => draftOfBackups({ settings: null, ownFolder: '/data/backups' })

test('a new form is right but for the passphrase, and keeps a while', () => {
  const draft = fresh()
  expect(draft).toMatchObject({ kind: 'folder', folder: '/data/backups', hold: 'pause', isEnabled: true })
  expect(Object.keys(problemsOfBackups(draft, false))).toEqual(['passphrase'])
  expect(problemsOfBackups(draft, true)).toEqual({})
})

test('what is stored is shown, and its secrets stay when nothing is typed', () => {
  const s3 = { endpoint: 'https://s3.example.com', region: 'auto', bucket: 'backups', prefix: 'a/', accessKeyId: 'key' }
  const keep = { last: 2, daily: 3, weekly: 4 }
  const common = { isEnabled: false, cron: '@daily', timeZone: 'UTC', hold: 'stop' as const, keep }
  const draft = draftOfBackups({ settings: { ...common, folder: null, s3 }, ownFolder: '/data/backups' })
  expect(inputOfBackups(draft)).toEqual({ ...common, s3 })
  expect(inputOfBackups({ ...draft, secretAccessKey: 'new', passphrase: 'another passphrase' })).toEqual({
    ...common,
    s3: { ...s3, secretAccessKey: 'new' },
    passphrase: 'another passphrase',
  })
})

test('what cannot be sent is said at its field', () => {
  const wrong = { ...fresh(), folder: 'backups', last: 0, daily: undefined, weekly: 1000, passphrase: 'short' }
  expect(Object.keys(problemsOfBackups(wrong, true)).sort()).toEqual([
    'daily',
    'folder',
    'last',
    'passphrase',
    'weekly',
  ])
  const s3 = { ...fresh(), kind: 's3' as const, bucket: 'Capital', prefix: 'no-slash', endpoint: 'example.com' }
  expect(Object.keys(problemsOfBackups(s3, true)).sort()).toEqual([
    'accessKeyId',
    'bucket',
    'endpoint',
    'prefix',
    'region',
  ])
})

test('says what is done at the moment', () => {
  expect(phaseInWords({ id: 'b', phase: 'volumes', app: 'shop', bytes: 0 })).toContain('shop')
  expect(phaseInWords({ id: 'b', phase: 'upload', app: null, bytes: 2 ** 20 })).toBe('Sending it: 1.0 MiB')
})
