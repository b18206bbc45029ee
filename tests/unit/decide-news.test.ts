import { describe, expect, test } from 'vitest'
import type { Told } from '../../server/db/told.ts'
import { decideDeploy, decideDisks, decideHealth, QUIET_MS } from '../../server/deploy/decide-news.ts'

const nothing: Told = { release: 0, isFailing: false, isDown: false, ranOut: false, downAt: null, upAt: null }
const broken = { step: 'build-image', code: 'build_failed', message: 'The build failed.' } as const
const start = Date.parse('2026-11-21T12:00:00Z')
const later = (ms: number) => new Date(start + ms)
const CALM = 60_000

describe('the end of a release', () => {
  test('that failed is news, once', () => {
    const first = decideDeploy(nothing, { release: 3, status: 'failed', error: broken })
    expect(first).toEqual({ news: 'deploy-failed', told: { ...nothing, release: 3, isFailing: true } })
    expect(decideDeploy(first.told, { release: 3, status: 'failed', error: broken })).toEqual({ told: first.told })
  })

  test('that failed again is news again', () => {
    const told = { ...nothing, release: 3, isFailing: true }
    expect(decideDeploy(told, { release: 4, status: 'failed', error: broken }).news).toBe('deploy-failed')
  })

  test('that is live is news after a failed one only, once', () => {
    expect(decideDeploy(nothing, { release: 1, status: 'live' })).toEqual({ told: { ...nothing, release: 1 } })
    const recovered = decideDeploy({ ...nothing, release: 1, isFailing: true }, { release: 2, status: 'live' })
    expect(recovered).toEqual({ news: 'deploy-recovered', told: { ...nothing, release: 2 } })
    expect(decideDeploy(recovered.told, { release: 3, status: 'live' }).news).toBeUndefined()
  })

  test.each(['superseded', 'cancelled'] as const)('that was %s is none, and what failed before stays so', (code) => {
    const failing = { ...nothing, release: 1, isFailing: true }
    const ended = { release: 2, status: 'failed', error: { code, message: '…' } } as const
    expect(decideDeploy(failing, ended)).toEqual({ told: { ...failing, release: 2 } })
    expect(decideDeploy(decideDeploy(failing, ended).told, { release: 3, status: 'live' }).news).toBe(
      'deploy-recovered',
    )
  })

  test('of which nobody knows a reason, or which a newer one overtook, is none', () => {
    expect(decideDeploy(nothing, { release: 1, status: 'failed' })).toEqual({ told: { ...nothing, release: 1 } })
    const told = { ...nothing, release: 5 }
    expect(decideDeploy(told, { release: 4, status: 'failed', error: broken })).toEqual({ told })
  })
})

describe('the status of an app', () => {
  const exited = { step: 'run', code: 'app_exited', message: 'The app exited with code 1.' } as const
  const ranOut = { step: 'run', code: 'app_out_of_memory', message: 'The app ran out of memory.' } as const
  const up = { status: 'running', liveRelease: 1, error: null } as const
  const down = { status: 'failed', liveRelease: 1, error: exited } as const
  const downAt = later(0).toISOString()
  const told = { ...nothing, isDown: true, downAt }

  test('that fails is news once, however often it is seen', () => {
    expect(decideHealth(nothing, up, later(0), CALM)).toEqual({ told: nothing })
    expect(decideHealth(nothing, down, later(0), CALM)).toEqual({ news: 'app-down', told })
    expect(decideHealth(told, down, later(CALM), CALM)).toEqual({ told })
    expect(decideHealth(told, down, later(2 * QUIET_MS), CALM)).toEqual({ told })
  })

  test('that is well again is news when it has been so for a while', () => {
    const seen = decideHealth(told, up, later(1000), CALM)
    expect(seen).toEqual({ told: { ...told, upAt: later(1000).toISOString() } })
    expect(decideHealth(seen.told, up, later(CALM), CALM)).toEqual(seen)
    const recovered = decideHealth(seen.told, up, later(1000 + CALM), CALM)
    expect(recovered).toEqual({ news: 'app-recovered', told: { ...told, isDown: false, upAt: null } })
    expect(decideHealth(recovered.told, up, later(2000 + CALM), CALM).news).toBeUndefined()
  })

  test('of a crash loop is told once: what comes up for a moment only is not well', () => {
    let now: Told = told
    const news = []
    for (let at = 1; at < 60; at++) {
      const seen = decideHealth(now, at % 2 === 0 ? down : up, later(at * 20_000), CALM)
      now = seen.told
      if (seen.news) news.push(seen.news)
    }
    expect(news).toEqual([])
  })

  test('that goes up and down is told of once in ten minutes, and then if it is still down', () => {
    const recovered = { ...nothing, downAt }
    const soon = decideHealth(recovered, down, later(QUIET_MS - 1), CALM)
    expect(soon).toEqual({ told: recovered })
    expect(decideHealth(soon.told, down, later(QUIET_MS), CALM).news).toBe('app-down')
  })

  test('that ran out of memory and goes on is news once, and again after its next start', () => {
    const eaten = { ...up, error: ranOut }
    const first = decideHealth(nothing, eaten, later(0), CALM)
    expect(first.news).toBe('app-down')
    const calm = decideHealth(first.told, eaten, later(CALM), CALM)
    expect(calm.news).toBe('app-recovered')
    expect(decideHealth(calm.told, eaten, later(5 * QUIET_MS), CALM)).toEqual({ told: calm.told })
    const restarted = decideHealth(calm.told, up, later(5 * QUIET_MS), CALM).told
    expect(decideHealth(restarted, eaten, later(6 * QUIET_MS), CALM).news).toBe('app-down')
  })

  test('that is killed for its memory is one piece of news, not two', () => {
    const eaten = decideHealth(nothing, { ...up, error: ranOut }, later(0), CALM)
    expect(decideHealth(eaten.told, { ...down, error: ranOut }, later(10), CALM).news).toBeUndefined()
  })

  test.each([
    ['a first deploy that failed', { status: 'failed', liveRelease: null, error: { ...broken } }],
    [
      'a start that a user asked for and that failed',
      { status: 'failed', liveRelease: 1, error: { ...exited, step: 'start' } },
    ],
    ['a redeploy that failed beside a live release', { status: 'running', liveRelease: 1, error: { ...broken } }],
    ['a stop', { status: 'stopped', liveRelease: 1, error: null }],
    ['a delete', { status: 'deleting', liveRelease: 1, error: exited }],
  ] as const)('is no news of the app’s health: %s', (_, seen) => {
    expect(decideHealth(nothing, seen, later(0), CALM)).toEqual({ told: nothing })
  })

  test('of one that is down and then stopped is not told as recovered', () => {
    const stopped = decideHealth(told, { status: 'stopped', liveRelease: 1, error: null }, later(1000), CALM)
    expect(stopped.told.isDown).toBe(false)
    expect(decideHealth(stopped.told, up, later(2000), CALM).news).toBeUndefined()
  })
})

describe('a disk', () => {
  const disk = (used: number, folder = '/data') => ({ folder, total: 100, free: 100 - used })

  test('is news at 80 %, and again only when it was below 75 % in between', () => {
    expect(decideDisks([], [disk(79)])).toEqual({ told: [], news: [] })
    expect(decideDisks([], [disk(80)])).toEqual({ told: ['/data'], news: [disk(80)] })
    for (const used of [75, 79, 80, 99])
      expect(decideDisks(['/data'], [disk(used)])).toEqual({ told: ['/data'], news: [] })
    expect(decideDisks(['/data'], [disk(74)])).toEqual({ told: [], news: [] })
  })

  test('is told of by itself, and one that cannot be seen for a while is not told of again', () => {
    expect(decideDisks(['/data'], [disk(85), disk(90, '/docker')])).toEqual({
      told: ['/data', '/docker'],
      news: [disk(90, '/docker')],
    })
    expect(decideDisks(['/docker'], [disk(10)])).toEqual({ told: ['/docker'], news: [] })
  })

  test('without a size is not full', () =>
    expect(decideDisks([], [{ folder: '/data', total: 0, free: 0 }]).news).toEqual([]))
})
