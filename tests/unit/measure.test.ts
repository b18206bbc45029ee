import { afterEach, expect, test, vi } from 'vitest'
import type { ContainerUsage } from '../../server/adapters/docker-stats.ts'
import { updateDeployment } from '../../server/db/deployments.ts'
import { createAppMeter } from '../../server/deploy/measure-apps.ts'
import { createMeter } from '../../server/deploy/measure-machine.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

afterEach(() => vi.useRealTimers())

/** A machine that was busy all night, and idles since `at`. */
function createNight() {
  let [busy, idle] = [0, 0]
  return {
    pass: (ticks: { busy: number; idle: number }) => {
      busy += ticks.busy
      idle += ticks.idle
    },
    readStat: async () => `cpu ${busy} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 0\n`,
  }
}

test('the CPU now is that of now, also when nobody has looked for hours', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const night = createNight()
  const measure = createMeter('/', night.readStat)
  await measure()
  vi.setSystemTime(Date.now() + 8 * 3_600_000)
  night.pass({ busy: 2_880_000, idle: 0 })
  const idling = measure()
  setTimeout(() => night.pass({ busy: 5, idle: 45 }), 100)
  expect((await idling).now.cpu).toBeCloseTo(0.1)
  night.pass({ busy: 100, idle: 300 })
  expect((await measure()).now.cpu).toBeCloseTo(0.25)
})

/** Apps that run, and an engine that has time for `perPass` of them before the pass ends. */
async function createApps(count: number, perPass: number) {
  const db = await makeDatabase()
  for (let index = 0; index < count; index++) {
    const id = await makeDeployment(db, `app-${index}`)
    await updateDeployment(db, id, { status: 'running', liveRelease: 1 })
  }
  let end = new AbortController()
  let asked: string[] = []
  const usage = async (name: string): Promise<ContainerUsage | undefined> => {
    asked.push(name)
    if (asked.length >= perPass) end.abort()
    return { at: Date.now(), cpuNs: 0, memory: 1, memoryLimit: 2 }
  }
  const deps = { db, config: { instance: 'test' }, docker: { usage }, log: { debug: () => undefined } }
  const measure = createAppMeter(deps as never)
  return {
    db,
    async pass() {
      end = new AbortController()
      asked = []
      const samples = await measure(end.signal)
      return { asked, count: samples.length }
    },
  }
}

test('apps for which there was no time are measured in the next pass, and the others keep their last sample', async () => {
  const apps = await createApps(30, 10)
  const passes = [await apps.pass(), await apps.pass(), await apps.pass(), await apps.pass()]
  const names = new Set(passes.slice(0, 3).flatMap((it) => it.asked))
  expect(names.size).toBe(30)
  expect(passes.map((it) => it.count)).toEqual([passes[0]?.asked.length, expect.any(Number), 30, 30])
})

test('an app that stopped is shown no longer', async () => {
  const apps = await createApps(2, 100)
  expect((await apps.pass()).count).toBe(2)
  await apps.db.updateTable('deployments').set({ status: 'stopped' }).where('subdomain', '=', 'app-0').execute()
  expect((await apps.pass()).count).toBe(1)
})
