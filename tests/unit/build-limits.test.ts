import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { findBuildUsage, noteBuildUsage } from '../../server/db/build-usage.ts'
import { findDeployment } from '../../server/db/deployments.ts'
import { recordEffects } from '../../server/db/ledger.ts'
import { appendLog, sizesOfLogs } from '../../server/db/logs.ts'
import { insertRelease } from '../../server/db/releases.ts'
import type { Db } from '../../server/db/schema.ts'
import { admitBuild } from '../../server/deploy/admit-build.ts'
import { buildWithinLimits } from '../../server/deploy/build-within-limits.ts'
import type { StepContext } from '../../server/deploy/context.ts'
import { createDiskReader } from '../../server/deploy/disks.ts'
import { readDisk } from '../../server/deploy/read-disk.ts'
import { tidy } from '../../server/deploy/tidy.ts'
import { watchBuild } from '../../server/deploy/watch-build.ts'
import { AppError } from '../../server/errors.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'
import { makeFolder } from '../support/temp-folder.ts'

const MIB = 2 ** 20
const TIB = 2 ** 40

/** What steps are given, as far as builds need it; `usage` is what the guard sees, and may change. */
async function makeContext(config: Partial<StepContext['config']> = {}, isFirst = true, engineFolder = '/nowhere') {
  const db = await makeDatabase()
  const id = await makeDeployment(db)
  const usage = { memory: 0, kills: 0, isOfAll: false, strays: 0 }
  const held: number[] = []
  const said: string[] = []
  const aborted = new AbortController()
  if (!isFirst) await noteBuildUsage(db, { deploymentId: id, number: 1 }, { memory: 2 * TIB, disk: 0 })
  const ctx = {
    db,
    config: {
      dataDir: makeFolder(),
      dockerHost: 'unix:///nowhere/docker.sock',
      buildMemoryMb: 2 ** 22,
      buildWaitSeconds: 1,
      buildTimeoutSeconds: 60,
      minFreeDiskMb: 0,
      ...config,
    },
    deployment: await findDeployment(db, id),
    release: { deploymentId: id, number: 2 },
    guard: {
      usage: async () => ({ ...usage }),
      hold: async (memoryMb: number) => {
        held.push(memoryMb)
        return async () => void held.pop()
      },
    },
    docker: { check: async () => ({ rootDir: engineFolder }) },
    log: pino({ level: 'silent' }),
    signal: aborted.signal,
    say: (text: string) => void said.push(text),
  } as unknown as StepContext
  return { ctx, db, id, usage, held, said, aborted }
}

const freeOf = async ({ config }: StepContext) => (await readDisk(config.dataDir)).free

describe('what builds took', () => {
  const notes = async (db: Db, id: string, ...memory: number[]) => {
    for (const [index, bytes] of memory.entries())
      await noteBuildUsage(db, { deploymentId: id, number: index + 1 }, { memory: bytes, disk: bytes * 10 })
  }

  test('is the most of the last three, and nothing where there was none', async () => {
    const db = await makeDatabase()
    const id = await makeDeployment(db)
    expect(await findBuildUsage(db, id)).toBeUndefined()
    await notes(db, id, 900, 100, 300, 200)
    expect(await findBuildUsage(db, id)).toEqual({ memory: 300, disk: 3000 })
  })

  test('goes with the deployment', async () => {
    const db = await makeDatabase()
    const id = await makeDeployment(db)
    await notes(db, id, 5)
    await sql`delete from releases`.execute(db)
    await sql`delete from deployments`.execute(db)
    expect(await findBuildUsage(db, id)).toBeUndefined()
  })
})

describe('a build', () => {
  test('begins at once where it fits, and may use what apps leave free and no more', async () => {
    const { ctx, held } = await makeContext()
    let during = 0
    await buildWithinLimits(ctx, async () => {
      during = held[0] ?? 0
    })
    expect(during).toBeGreaterThan(64)
    expect(during * MIB).toBeLessThan(TIB)
    expect(held).toEqual([])
  })

  test('waits and says why where it would not fit, and is refused in the end', async () => {
    const { ctx, said, usage } = await makeContext()
    // As if apps had all of the memory.
    usage.memory = -8 * TIB
    await expect(admitBuild(ctx)).rejects.toMatchObject({
      code: 'machine_full',
      message: expect.stringMatching(
        /^The build waited for 1 s: this build needs \d+ MB of memory, and \d+ MB are free/,
      ),
    })
    expect(said).toEqual([expect.stringMatching(/^Waiting: this build needs \d+ MB of memory/)])
  })

  test('whose last ones took more than there is waits, and then goes ahead within what there is', async () => {
    const { ctx, said } = await makeContext({}, false)
    const { memoryMb, release } = await admitBuild(ctx)
    expect(said).toEqual([
      expect.stringMatching(/^Waiting: this build needs \d+ MB of memory/),
      expect.stringMatching(/goes ahead/),
    ])
    expect(memoryMb * MIB).toBeLessThan(TIB)
    release()
  })

  test('alone may have what its last one had, and no more', async () => {
    const { ctx, db, id, said } = await makeContext({ buildMemoryMb: 2 ** 10 })
    await noteBuildUsage(db, { deploymentId: id, number: 1 }, { memory: 0, disk: (await freeOf(ctx)) * 0.95 })
    ;(await admitBuild(ctx)).release()
    expect(said).toEqual([])
  })

  test('goes on as soon as there is room', async () => {
    const { ctx, said, usage } = await makeContext({ buildWaitSeconds: 30 }, false)
    const admitted = admitBuild(ctx)
    await expect.poll(() => said.length).toBe(1)
    // What builds hold is room for builds.
    usage.memory = 8 * TIB
    ;(await admitted).release()
  })

  test('that waits is called back at once', async () => {
    const { ctx, aborted, said } = await makeContext({ buildWaitSeconds: 30 }, false)
    const admitted = admitBuild(ctx)
    await expect.poll(() => said.length).toBe(1)
    aborted.abort(new AppError('cancelled', 'Called back.'))
    await expect(admitted).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('waits for disk space, too', async () => {
    const { ctx } = await makeContext({ minFreeDiskMb: 2 ** 30 })
    await expect(admitBuild(ctx)).rejects.toMatchObject({ code: 'disk_full' })
  })

  test('after which the disk was full for a moment does not hold up the next one', async () => {
    const { ctx, db, id, said } = await makeContext({ buildWaitSeconds: 30 })
    const disk = (await freeOf(ctx)) * 2
    await noteBuildUsage(db, { deploymentId: id, number: 1 }, { memory: 0, disk })
    const began = performance.now()
    const { release } = await admitBuild(ctx)
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(said).toEqual([
      expect.stringMatching(/^By what the last ones took, this build needs \d+ MB of disk space.* begins all the same/),
    ])
    release()
  })

  test('waits for others that go on, however long they do', async () => {
    const { ctx, said } = await makeContext({ buildMemoryMb: 200 })
    const first = await admitBuild(ctx)
    const second = admitBuild(ctx)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(said).toEqual([expect.stringContaining('beside the builds that go on')])
    first.release()
    ;(await second).release()
  })

  test('that is large is not kept waiting by small ones that come after it', async () => {
    const limits = { buildMemoryMb: 300 }
    const [first, large, small] = await Promise.all([makeContext(limits), makeContext(limits), makeContext(limits)])
    await noteBuildUsage(large.db, { deploymentId: large.id, number: 1 }, { memory: 250 * MIB, disk: 0 })
    const goesOn = await admitBuild(first.ctx)
    const order: string[] = []
    const admitted = [large, small].map(async ({ ctx }, index) => {
      // The large one comes first.
      await new Promise((resolve) => setTimeout(resolve, index * 300))
      const { release } = await admitBuild(ctx)
      order.push(index === 0 ? 'large' : 'small')
      release()
    })
    await expect.poll(() => small.said).toEqual([expect.stringMatching(/a build that came before waits/)])
    expect(order).toEqual([])
    goesOn.release()
    await Promise.all(admitted)
    expect(order).toEqual(['large', 'small'])
  })

  test('is ended with the reason when it takes too long', async () => {
    const { ctx } = await makeContext({ buildTimeoutSeconds: 0.05 })
    const endless = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    await expect(buildWithinLimits(ctx, endless)).rejects.toMatchObject({ code: 'build_timed_out' })
  })

  test('is ended with the reason when the disk has no more than its reserve left', async () => {
    const { ctx } = await makeContext()
    const limits = { disks: createDiskReader(ctx), minFreeDiskMb: 2 ** 30, seconds: 60, memoryMb: 64, isGuarded: true }
    const watch = await watchBuild(ctx.guard, limits, ctx.log)
    await expect
      .poll(() => watch.signal.reason)
      .toMatchObject({ code: 'disk_full', message: expect.stringMatching(/in reserve/) })
    await watch.stop()
  })

  test.runIf(existsSync('/dev/shm'))('is measured on the disk of the engine, too', async () => {
    const { ctx } = await makeContext({}, true, '/dev/shm')
    const room = (await readDisk('/dev/shm')).free / MIB
    const limits = { minFreeDiskMb: room - 1, seconds: 60, memoryMb: 64, isGuarded: true }
    const watch = await watchBuild(ctx.guard, { ...limits, disks: createDiskReader(ctx) }, ctx.log)
    const large = path.join(mkdtempSync('/dev/shm/slipway-'), 'large')
    writeFileSync(large, Buffer.alloc(4 * MIB))
    await expect.poll(() => watch.signal.reason).toMatchObject({ code: 'disk_full' })
    expect((await watch.stop()).disk).toBeGreaterThanOrEqual(4 * MIB)
    rmSync(path.dirname(large), { recursive: true })
  })

  test('is ended when the limits do not reach it, but not for a moment in which they do not yet', async () => {
    const { ctx, usage } = await makeContext()
    const limits = { disks: createDiskReader(ctx), minFreeDiskMb: 0, seconds: 60, memoryMb: 64, isGuarded: true }
    const watch = await watchBuild(ctx.guard, limits, ctx.log)
    usage.strays = 1
    await new Promise((resolve) => setTimeout(resolve, 600))
    usage.strays = 0
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(watch.signal.aborted).toBe(false)
    usage.strays = 1
    await expect
      .poll(() => watch.signal.reason, { timeout: 10_000 })
      .toMatchObject({ code: 'build_unguarded', message: expect.stringMatching(/do not reach it/) })
    await watch.stop()
  })

  test.each([
    ['that the kernel ended a process of', 'build_failed', 1, false, 'build_out_of_memory'],
    ['that failed by itself', 'build_failed', 0, false, 'build_failed'],
    ['that failed while a process of somebody else was ended', 'build_failed', 1, true, 'build_failed'],
    ['whose command was killed', 'build_out_of_memory', 1, true, 'build_out_of_memory'],
  ] as const)('%s is told as what it is', async (_, code, kills, isOfAll, told) => {
    const { ctx, usage } = await makeContext()
    usage.isOfAll = isOfAll
    const building = buildWithinLimits(ctx, async () => {
      usage.kills = kills
      throw new AppError(code, 'It failed.')
    })
    await expect(building).rejects.toMatchObject({
      code: told,
      ...(told === 'build_out_of_memory' && { hint: expect.stringMatching(/may use \d+ MB/) }),
    })
  })

  test('notes the most that it held', async () => {
    const { ctx, db, id, usage } = await makeContext()
    await buildWithinLimits(ctx, async () => {
      usage.memory = 300 * MIB
      await new Promise((resolve) => setTimeout(resolve, 600))
      usage.memory = 10 * MIB
    })
    expect((await findBuildUsage(db, id))?.memory).toBe(300 * MIB)
  })
})

describe('what nobody needs any more', () => {
  const day = 24 * 60 * 60_000
  const line = { seq: 1, at: '', stream: 'stdout', level: 'info', text: 'a line' }

  test('goes: old logs but for the newest ten, and clones that a crash left', async () => {
    const { db, id, ctx } = await makeContext()
    const deployment = await findDeployment(db, id)
    if (!deployment) throw new Error('no deployment')
    for (let more = 0; more < 14; more++) await insertRelease(db, deployment)
    for (let release = 1; release <= 15; release++) await appendLog(db, id, release, [line])
    await sql`update releases set created_at = ${new Date(Date.now() - 40 * day).toISOString()} where number < 15`.execute(
      db,
    )
    const { dataDir } = ctx.config
    for (const name of [`${id}-1`, `${id}-2`, 'plan-x', 'plan-new'])
      mkdirSync(path.join(dataDir, 'checkouts', name), { recursive: true })
    await recordEffects(
      db,
      { deploymentId: id, release: 2, step: 'check-out' },
      [{ kind: 'checkout', name: `${id}-2` }],
      'present',
    )
    writeFileSync(path.join(dataDir, 'checkouts', `${id}-1`, 'file'), 'x')
    const old = new Date(Date.now() - 2 * 60 * 60_000)
    for (const name of [`${id}-1`, `${id}-2`, 'plan-x']) utimesSync(path.join(dataDir, 'checkouts', name), old, old)

    const docker = { removeUnnamed: async () => Promise.reject(new Error('the engine is away')) }
    await tidy({ ...ctx, config: { ...ctx.config, buildLogDays: 30 }, docker } as unknown as Parameters<typeof tidy>[0])
    const left = await db.selectFrom('build_logs').select('release').orderBy('release').execute()
    expect(left.map((it) => it.release)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect((await readdir(path.join(dataDir, 'checkouts'))).sort()).toEqual([`${id}-2`, 'plan-new'].sort())
    expect(await sizesOfLogs(db)).toEqual(new Map([[id, 60]]))
  })

  test('goes: what our own nginx complained of, beyond 10 MB and while it runs', async () => {
    const { ctx } = await makeContext()
    const nginxDir = makeFolder()
    const log = path.join(nginxDir, 'error.log')
    const docker = { removeUnnamed: async () => 0 }
    const config = { ...ctx.config, buildLogDays: 30, nginxDir }
    const tidyWith = (nginx: 'managed' | 'system') =>
      tidy({ ...ctx, config: { ...config, nginx }, docker } as unknown as Parameters<typeof tidy>[0])

    writeFileSync(log, 'a line\n')
    await tidyWith('managed')
    expect(statSync(log).size).toBe(7)
    truncateSync(log, 11 * MIB)
    await tidyWith('system')
    expect(statSync(log).size).toBe(11 * MIB)
    await tidyWith('managed')
    expect(statSync(log).size).toBe(0)
  })
})
