import { describe, expect, test } from 'vitest'
import type { AuditView, DiskView, FindingView } from '../../server/http/views.ts'
import { groups, isMeant, particulars, wordsFor } from '../../web/src/machine/audit.ts'
import { stateOf as diskStateOf, othersOf } from '../../web/src/machine/disk.ts'
import { commandFor, groupFindings, verbOf } from '../../web/src/machine/findings.ts'
import { stateOf } from '../../web/src/machine/ports.ts'
import { joinSamples } from '../../web/src/machine/samples.ts'

const finding = (
  id: string,
  more: Partial<FindingView> & { automatic?: boolean; safe?: boolean } = {},
): FindingView => ({
  id,
  kind: 'machine',
  severity: 'error',
  message: id,
  remedy: { text: 'Do it.', automatic: more.automatic ?? true, safe: more.safe ?? true },
  ...more,
})

test('findings come by kind, the gravest kind and the errors first', () => {
  const grouped = groupFindings([
    finding('orphan:b', { kind: 'orphan', severity: 'warning' }),
    finding('orphan:a', { kind: 'orphan', severity: 'warning' }),
    finding('machine:build-guard', { severity: 'warning' }),
    finding('machine:engine'),
  ])
  expect(grouped.map(({ kind, findings }) => [kind, findings.map(({ id }) => id)])).toEqual([
    ['machine', ['machine:engine', 'machine:build-guard']],
    ['orphan', ['orphan:a', 'orphan:b']],
  ])
})

test('a remedy says what it does, and one that is not automatic has its command', () => {
  expect(verbOf(finding('drift:x', { kind: 'drift', safe: false }))).toBe('Deploy again')
  expect(verbOf(finding('quarantine:x', { kind: 'quarantine', safe: false }))).toBe('Remove')
  expect(commandFor(finding('machine:engine', { automatic: false }))).toBe('sudo systemctl start docker')
  expect(commandFor(finding('machine:nginx'))).toBeUndefined()
  const nginx = (text: string) => finding('machine:nginx', { remedy: { text, automatic: false, safe: true } })
  expect(commandFor(nginx('Install nginx: apt-get install nginx-light.'))).toBe('sudo apt-get install nginx-light')
  expect(commandFor(nginx('Start nginx: systemctl start nginx.'))).toBe('sudo systemctl start nginx')
  expect(commandFor(nginx('Write them anew, or remove them.'))).toBeUndefined()
  expect(verbOf(nginx('Load it again.'))).toBe('Load it again')
})

const sample = (second: number) => ({ at: new Date(second * 1000).toISOString(), cpu: 0.5, memoryUsed: 1, diskUsed: 1 })

test('samples are joined in order, each once, over the time of the history', () => {
  const history = [sample(0), sample(600), sample(1200)]
  const joined = joinSamples({ history, now: sample(1210) }, [sample(1205), sample(1210), sample(1215), sample(1900)])
  expect(joined).toEqual([sample(1200), sample(1210), sample(1215), sample(1900)])
})

test('a port that was given back because another program holds it is passed over', () => {
  const port = {
    port: 3000,
    isAllocated: false,
    deploymentId: null,
    release: null,
    allocatedAt: null,
    releasedAt: 'then',
  }
  expect(stateOf(port).word).toBe('Free again')
  expect(stateOf({ ...port, blockedReason: 'held', blockedAt: 'later' })).toMatchObject({
    word: 'Passed over',
    since: 'later',
  })
})

const entry = (action: string, detail: unknown = {}): AuditView => ({
  id: 1,
  at: '2026-01-01T00:00:00.000Z',
  actor: 'admin',
  address: '127.0.0.1',
  action,
  target: '',
  detail,
})

test('the audit log speaks in words, and shows what it has no words for', () => {
  expect(wordsFor('deployment.rollback')).toBe('Rolled an app back')
  expect(wordsFor('something.new')).toBe('something.new')
  expect(
    particulars(entry('x', { keepVolumes: true, subdomain: 'blog', changed: ['env', 'name'], none: null, some: [] })),
  ).toEqual(['volumes kept: yes', 'subdomain: blog', 'changed: env, name'])
  expect(particulars(entry('x', null))).toEqual([])
})

test('an entry is found by its words, its raw action and its particulars', () => {
  const created = entry('token.created', { name: 'from CI' })
  for (const typed of ['api token', 'token.created', 'FROM ci', 'admin', '127.0', ''])
    expect(isMeant(created, '', typed), typed).toBe(true)
  expect(isMeant(created, 'Blog', 'blog')).toBe(true)
  expect(isMeant(created, '', 'nothing')).toBe(false)
})

test('every action but attempts is in “Everything”, and each in a group of its own', () => {
  const holders = (action: string) => groups.filter(({ holds }) => holds(action)).map(({ id }) => id)
  expect(holders('deployment.stop')).toEqual(['all', 'apps'])
  expect(holders('session.ended')).toEqual(['all', 'access'])
  expect(holders('login')).toEqual(['all', 'access'])
  expect(holders('login.attempt')).toEqual(['attempts'])
  expect(holders('doctor.repair')).toEqual(['all', 'machine'])
  expect(holders('backup.deleted')).toEqual(['all', 'machine'])
})

describe('a disk', () => {
  const report: DiskView = {
    checkedAt: '2026-11-21T00:00:00.000Z',
    disks: [],
    warnPercent: 80,
    stopPercent: 95,
    apps: [],
    others: { buildCache: 0, otherImages: 5, slipway: 7 },
  }
  const tones = (...used: number[]) =>
    used.map((it) => diskStateOf({ folder: '/', total: 100, free: 100 - it }, report).tone)

  test('is told to fill up before nothing can be built any more, in whole percents', () => {
    expect(tones(0, 79.9, 80, 94.9, 95, 100)).toEqual(['ok', 'ok', 'warn', 'warn', 'bad', 'bad'])
    expect(diskStateOf({ folder: '/', total: 0, free: 0 }, report).tone).toBe('ok')
  })

  test('holds things that belong to no app, and what is nothing is not listed', () => {
    expect(othersOf(report).map(({ bytes }) => bytes)).toEqual([5, 7])
  })
})
