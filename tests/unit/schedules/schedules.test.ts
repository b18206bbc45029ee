import { describe, expect, test } from 'vitest'
import { deleteDeployment } from '../../../server/db/deployments.ts'
import { deleteReleases } from '../../../server/db/releases.ts'
import * as schedules from '../../../server/db/schedules.ts'
import { whyNot } from '../../../server/deploy/schedules/skip.ts'
import { createTurns } from '../../../server/deploy/schedules/turns.ts'
import { makeDatabase, makeDeployment } from '../../support/temp-database.ts'

const wishes = {
  name: 'nightly',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  command: 'true',
  timeoutSeconds: 60,
  isEnabled: true,
}

describe('a job cannot run', () => {
  const app = { liveRelease: 3, status: 'running', stopped: false } as const
  test.each([
    ['of an app that was never live', { ...app, liveRelease: null }, false, /No version of the app is live/],
    ['of an app that is stopped', { ...app, stopped: true }, false, /The app is stopped/],
    ['of an app that is being deleted', { ...app, status: 'deleting' as const }, false, /being deleted/],
    ['while the run before it goes on', app, true, /still goes on/],
  ])('%s', (_, deployment, isRunning, reason) => expect(whyNot(deployment, isRunning)).toMatch(reason))

  test('in no other case: an app that failed may need it most', () =>
    expect(whyNot({ ...app, status: 'failed' }, false)).toBeUndefined())
})

describe('in the database', () => {
  test('the last 50 runs stay, and the same reason to skip is written down once', async () => {
    const db = await makeDatabase()
    const { id } = await schedules.insertSchedule(db, await makeDeployment(db), wishes)
    for (let run = 1; run <= 55; run++)
      await schedules.insertRun(db, { scheduleId: id, release: run, state: 'succeeded', message: null })
    for (let time = 0; time < 3; time++) await schedules.noteSkip(db, id, 55, 'The app is stopped.')
    const runs = await schedules.listRuns(db, id)
    expect(runs).toHaveLength(50)
    expect(runs.slice(0, 2).map((it) => [it.state, it.release])).toEqual([
      ['skipped', 55],
      ['succeeded', 55],
    ])
    await schedules.noteSkip(db, id, 55, 'The run before it still goes on.')
    expect((await schedules.listRuns(db, id)).filter((it) => it.state === 'skipped')).toHaveLength(2)
  })

  test('schedules and runs go with their app', async () => {
    const db = await makeDatabase()
    const deployment = await makeDeployment(db)
    const { id } = await schedules.insertSchedule(db, deployment, wishes)
    await schedules.insertRun(db, { scheduleId: id, release: 1, state: 'running', message: null })
    await deleteReleases(db, deployment)
    await deleteDeployment(db, deployment)
    expect(await schedules.listSchedules(db, deployment)).toEqual([])
    expect(await schedules.listRuns(db, id)).toEqual([])
  })
})

describe('of many jobs so many run at once as there are turns', () => {
  const never = new AbortController().signal

  test('the others in the order they came', async () => {
    const inTurn = createTurns(2)
    const begun: number[] = []
    const ends = [1, 2, 3, 4].map((number) => {
      const end = Promise.withResolvers<void>()
      void inTurn(never, async () => {
        begun.push(number)
        await end.promise
      })
      return end
    })
    await Promise.resolve()
    expect(begun).toEqual([1, 2])
    ends[1]?.resolve()
    await expect.poll(() => begun).toEqual([1, 2, 3])
    ends[0]?.resolve()
    await expect.poll(() => begun).toEqual([1, 2, 3, 4])
  })

  test('one that waits can be ended, and leaves its place to the next', async () => {
    const inTurn = createTurns(1)
    const end = Promise.withResolvers<void>()
    const first = inTurn(never, () => end.promise)
    const controller = new AbortController()
    const second = inTurn(controller.signal, async () => 'second')
    const third = inTurn(never, async () => 'third')
    controller.abort(new Error('not any more'))
    await expect(second).rejects.toThrow('not any more')
    end.resolve()
    await first
    expect(await third).toBe('third')
  })
})
