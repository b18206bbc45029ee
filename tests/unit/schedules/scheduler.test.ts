import { pino } from 'pino'
import { expect, test } from 'vitest'
import { updateDeployment } from '../../../server/db/deployments.ts'
import { listLedger, recordEffects } from '../../../server/db/ledger.ts'
import { insertSchedule } from '../../../server/db/schedules.ts'
import { JOB_STEP } from '../../../server/deploy/schedules/job-container.ts'
import { createScheduler } from '../../../server/deploy/schedules/scheduler.ts'
import { createSweep } from '../../../server/deploy/schedules/sweep.ts'
import type { Deps } from '../../../server/deps.ts'
import { createEventHub } from '../../../server/events.ts'
import { createRunningSchedules } from '../../../server/running-schedules.ts'
import { idleQueue } from '../../support/preview-world.ts'
import { makeDatabase, makeDeployment } from '../../support/temp-database.ts'

const wishes = { name: 'x', cron: '0 3 * * *', timeZone: 'UTC', command: 'true', timeoutSeconds: 60, isEnabled: true }

async function makeWorld() {
  const db = await makeDatabase()
  const id = await makeDeployment(db)
  await updateDeployment(db, id, { liveRelease: 1, status: 'running' })
  const engine = { removes: true }
  const docker = {
    removeContainer: async () => {
      if (!engine.removes) throw new Error('the engine does not answer')
    },
    hasNetwork: async () => false,
    removeNetwork: async () => undefined,
    inspectContainer: async () => undefined,
  }
  const log = pino({ level: 'silent' })
  const running = createRunningSchedules()
  const config = { jobConcurrency: 1, instance: 'slipway' }
  return { db, id, engine, deps: { db, config, docker, events: createEventHub(), log, running } as unknown as Deps }
}

test('a server that stops begins no run: nobody would take away what it made', async () => {
  const { db, deps, id } = await makeWorld()
  const scheduler = createScheduler(deps, idleQueue)
  const schedule = await insertSchedule(db, id, wishes)
  await scheduler.stop()
  await expect(scheduler.runNow(schedule)).rejects.toThrow(/Slipway is stopping/)
})

test('the container that a job left is taken away, and tried again where the engine would not', async () => {
  const { db, deps, engine, id } = await makeWorld()
  const name = `slipway-app-1-job-${'a'.repeat(8)}`
  await recordEffects(db, { deploymentId: id, release: 1, step: JOB_STEP }, [{ kind: 'container', name }], 'pending')
  const states = async () => (await listLedger(db, id)).map((it) => it.state)
  const sweep = createSweep(deps)
  engine.removes = false
  await sweep.now()
  expect(await states()).toEqual(['pending'])
  engine.removes = true
  await sweep.now()
  expect(await states()).toEqual(['removed'])
  sweep.stop()
})
