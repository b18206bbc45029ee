import { expect, test } from 'vitest'
import { emptySettings } from '../../web/src/deployments/build-settings.ts'
import { changesOf, differenceOf, type SettingsForm } from '../../web/src/pages/deployment/settings-form.ts'

const data = { name: 'data', path: '/data' }
const formWith = (build: Partial<SettingsForm['build']>, more: Partial<SettingsForm> = {}): SettingsForm => ({
  name: 'Shop',
  branch: '',
  rootDir: '',
  subdomain: 'shop',
  delivery: { autoDeploy: true, watchPaths: '', keepReleases: '5' },
  ...more,
  build: { ...emptySettings(), ...build },
})

test('only what was changed here is sent', () => {
  expect(changesOf(formWith({}), formWith({}, { name: 'Store' }), formWith({ port: '1' }))).toEqual({ name: 'Store' })
})

test('a single override goes into those that another window saved meanwhile', () => {
  const before = formWith({ port: '3000', cpus: '1' })
  const typed = formWith({ port: '3000', memoryMb: '512' })
  const newest = formWith({ port: '4000', cpus: '1', healthPath: '/up' })
  expect(changesOf(before, typed, newest)).toEqual({ overrides: { port: 4000, healthPath: '/up', memoryMb: 512 } })
})

test('so does a volume, and one that was removed here stays away', () => {
  const cache = { name: 'cache', path: '/cache' }
  const media = { name: 'media', path: '/media' }
  const newest = formWith({ volumes: [data, cache] })
  expect(changesOf(formWith({ volumes: [data] }), formWith({ volumes: [media] }), newest)).toEqual({
    volumes: expect.arrayContaining([cache, media]),
  })
})

test('what a push does is sent as far as it was changed, and is part of no release', () => {
  const typed = formWith(
    {},
    { delivery: { autoDeploy: true, watchPaths: ' apps/web/** \n\npackage.json', keepReleases: '5' } },
  )
  expect(changesOf(formWith({}), typed)).toEqual({ delivery: { watchPaths: ['apps/web/**', 'package.json'] } })
  expect(differenceOf(formWith({}), typed)).toBeUndefined()
})

test('what a deploy would change is told by setting; the name is none', () => {
  const typed = formWith({ port: '80', volumes: [data] }, { name: 'Store', branch: 'next' })
  expect(differenceOf(formWith({ port: '3000' }), typed)?.settings).toEqual([
    { name: 'branch', before: null, after: 'next' },
    { name: 'port', before: '3000', after: '80' },
    { name: 'volumes', before: null, after: 'data → /data' },
  ])
  expect(differenceOf(formWith({}), formWith({}, { name: 'Store' }))).toBeUndefined()
})
