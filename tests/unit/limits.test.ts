import { expect, test } from 'vitest'
import {
  APP_NAME,
  COMMAND,
  CPUS,
  HEALTH_PATH,
  MEMORY_MB,
  PORT,
  problemOf,
  problemOfVolumePath,
  START_TIMEOUT,
  STOP_SECONDS,
  TEMPLATE,
  TOKEN_NAME,
  VOLUME_NAME,
} from '../../server/limits.ts'
import { problemOfPassword } from '../../server/passwords.ts'

const rules = {
  APP_NAME,
  COMMAND,
  CPUS,
  HEALTH_PATH,
  MEMORY_MB,
  PORT,
  START_TIMEOUT,
  STOP_SECONDS,
  TEMPLATE,
  VOLUME_NAME,
}

test('a password is counted in characters below and in bytes above', () => {
  expect(problemOfPassword('1234567')).toBeDefined()
  expect(problemOfPassword('12345678')).toBeUndefined()
  expect(problemOfPassword('x'.repeat(72))).toBeUndefined()
  expect(problemOfPassword('ü'.repeat(37))).toContain('this one has 74')
})

test.each(['deploys from CI', 'a', 'Überwachung', 'v1.2_x-y', '7'])('%s is a name for a token', (name) => {
  expect(problemOf(TOKEN_NAME, name)).toBeUndefined()
})
test.each(['', ' x', 'a/b', '-x', 'a\u202Eb', '<b>'])('“%s” is no name for a token', (name) => {
  expect(problemOf(TOKEN_NAME, name)).toBeDefined()
})

test.each(['/data', '/var/lib/app', '/srv/my-app/files.d'])('a volume can be at %s', (path) => {
  expect(problemOfVolumePath(path)).toBeUndefined()
})
test.each(['data', '/', '/data/', '/../etc', '/a/.hidden', '/a b', '/etc', '/etc/app', '/var', '/proc/1', '/run/x'])(
  'no volume can be at %s',
  (path) => expect(problemOfVolumePath(path)).toMatch(/such as \/data/),
)

test.each<[keyof typeof rules, string | number, boolean]>([
  ['PORT', 65_535, true],
  ['PORT', 65_536, false],
  ['PORT', 80.5, false],
  ['PORT', Number.NaN, false],
  ['MEMORY_MB', 15, false],
  ['START_TIMEOUT', 5, true],
  ['START_TIMEOUT', 4, false],
  ['START_TIMEOUT', 1801, false],
  ['START_TIMEOUT', 7.5, false],
  ['STOP_SECONDS', 0, true],
  ['STOP_SECONDS', 600, true],
  ['STOP_SECONDS', 601, false],
  ['STOP_SECONDS', 2.5, false],
  ['CPUS', 0.05, true],
  ['CPUS', 0, false],
  ['HEALTH_PATH', '/health?deep=1', true],
  ['HEALTH_PATH', '//example.com', false],
  ['HEALTH_PATH', '/a"b', false],
  ['HEALTH_PATH', `/${'a'.repeat(500)}`, false],
  ['VOLUME_NAME', 'data_2', true],
  ['VOLUME_NAME', 'Data', false],
  ['APP_NAME', 'Ünser Laden 2', true],
  ['APP_NAME', '\u{1F600}', false],
  ['COMMAND', 'a\0b', false],
  ['TEMPLATE', '', true],
])('%s: %s fits: %s', (name, value, fits) => {
  const rule = rules[name]
  expect(problemOf(rule as never, value as never)).toBe(fits ? undefined : rule.description)
})
