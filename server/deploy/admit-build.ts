import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBuildUsage, type Taken } from '../db/build-usage.ts'
import { AppError } from '../errors.ts'
import type { StepContext } from './context.ts'
import { createDiskReader, leastFree } from './disks.ts'
import { readMemory } from './measure-machine.ts'

const MIB = 2 ** 20
/** What a build of which nothing is known has to find free, and every other one in the end. */
const UNKNOWN: Taken = { memory: 128 * MIB, disk: 256 * MIB }
/** Beside others: a build is rarely exactly like the last one. Alone it may have no more than that, and need no more. */
const MARGIN = 1.2
/** The part of the memory that builds leave to apps and the system, between these bounds. */
const RESERVED = { part: 0.05, least: 64 * MIB, most: 512 * MIB }
const LEAST_MB = 64
const LOOK_MS = 1000
const NOTHING: Taken = { memory: 0, disk: 0 }

/** What the builds are expected to take that go on now, each with a release that leads here. */
const running = new Set<Taken>()

/** Builds that wait for others to end, the longest first. */
const patient = new Set<StepContext>()

export type Admission = { memoryMb: number; release(): void }
type Room = { memory: number; disk: number }

/**
 * Waits until a build fits, by what the app's last builds took and what the machine has free, and says meanwhile what it
 * waits for. Builds that go on are waited for to their end, which each has; what is not there without them either for a
 * limited time. After it a build goes ahead within what there is, for what the last ones took says too much at times.
 * Answers what all builds together may use from now on, in MiB.
 * @throws machine_full, disk_full when not even a small one fits in time; the signal's reason
 */
export async function admitBuild(ctx: StepContext): Promise<Admission> {
  try {
    return await waitForRoom(ctx, await findKnown(ctx))
  } finally {
    patient.delete(ctx)
  }
}

async function waitForRoom(ctx: StepContext, known: Taken | undefined): Promise<Admission> {
  let end = performance.now() + ctx.config.buildWaitSeconds * 1000
  let said: string | undefined
  for (;;) {
    const [room, others] = [await roomNow(ctx), othersNow()]
    const need = needOf(ctx, known, running.size > 0)
    const lack = lackOf(need, room, others) ?? behindOf(ctx)
    if (lack === undefined) return admit(need, room)
    const isPatient = lackOf(need, room, NOTHING) === undefined
    if (isPatient) {
      patient.add(ctx)
      end = performance.now() + ctx.config.buildWaitSeconds * 1000
    } else patient.delete(ctx)
    if (lack.what === 'disk' && running.size === 0 && lackOf(smallOf(ctx, need), room, others) === undefined)
      return startAlone(ctx, need, room, lack)
    if (performance.now() > end) return goAhead(ctx, need, room, others)
    if (lack.what !== said) ctx.say(`Waiting: ${lack.text}`, 'step')
    said = lack.what
    await sleep(LOOK_MS, undefined, { signal: ctx.signal })
  }
}

/** A small build does not go ahead of a large one that waits for the same builds to end: it might never begin. */
function behindOf(ctx: StepContext): Lack | undefined {
  const [first] = patient
  if (first === undefined || first === ctx) return undefined
  return { what: 'turn', text: 'a build that came before waits for the builds that go on' }
}

function admit(need: Taken, room: Room): Admission {
  running.add(need)
  return { memoryMb: Math.max(LEAST_MB, Math.floor(room.memory / MIB)), release: () => void running.delete(need) }
}

/** What every build has to find free. */
function smallOf(ctx: StepContext, need: Taken): Taken {
  const least = needOf(ctx, undefined, false)
  return { memory: Math.min(need.memory, least.memory), disk: Math.min(need.disk, least.disk) }
}

/** No build goes on that would free some, and what filled the disk during the last ones may not have been theirs. */
function startAlone(ctx: StepContext, need: Taken, room: Room, { text }: Lack): Admission {
  ctx.say(`By what the last ones took, ${text}. It begins all the same, and is ended when only the reserve is left.`)
  return admit(smallOf(ctx, need), room)
}

/** @throws machine_full, disk_full */
function goAhead(ctx: StepContext, need: Taken, room: Room, others: Taken): Admission {
  const small = smallOf(ctx, need)
  const lack = lackOf(small, room, others)
  if (lack !== undefined) throw tooLong(ctx, lack)
  ctx.say(
    `Nothing became free in ${ctx.config.buildWaitSeconds} s. The build goes ahead within what there is.`,
    'stderr',
  )
  return admit(small, room)
}

/** A preview that was never built is like the app that it belongs to. */
async function findKnown({ db, deployment }: StepContext): Promise<Taken | undefined> {
  const parent = deployment.previewOf
  return (await findBuildUsage(db, deployment.id)) ?? (parent === null ? undefined : await findBuildUsage(db, parent))
}

/** Never more than builds may have at all. */
function needOf({ config }: StepContext, known: Taken | undefined, isBesideOthers: boolean): Taken {
  const factor = isBesideOthers ? MARGIN : 1
  const { memory, disk } = known ? { memory: known.memory * factor, disk: known.disk * factor } : UNKNOWN
  return { memory: Math.min(Math.max(memory, LEAST_MB * MIB), config.buildMemoryMb * MIB), disk }
}

/** What builds may hold together, and what they may write until nothing but the reserve is left. */
async function roomNow(ctx: StepContext): Promise<Room> {
  const { config, guard } = ctx
  const { total, used } = readMemory(await readFile('/proc/meminfo', 'utf8'))
  const reserve = Math.min(RESERVED.most, Math.max(RESERVED.least, total * RESERVED.part))
  const available = total - used + (await guard.usage()).memory - reserve
  const free = leastFree(await createDiskReader(ctx)())
  return { memory: Math.min(config.buildMemoryMb * MIB, available), disk: free - config.minFreeDiskMb * MIB }
}

type Lack = { what: 'memory' | 'disk' | 'turn'; text: string }

const othersNow = (): Taken =>
  [...running].reduce((sum, it) => ({ memory: sum.memory + it.memory, disk: sum.disk + it.disk }), NOTHING)

/** What is missing beside what the builds need that go on. */
function lackOf(need: Taken, room: Room, others: Taken): Lack | undefined {
  const mb = (bytes: number) => `${Math.max(0, Math.floor(bytes / MIB))} MB`
  const beside = running.size > 0 ? ' beside the builds that go on' : ''
  for (const [what, ofWhat] of [
    ['memory', 'memory'],
    ['disk', 'disk space'],
  ] as const) {
    const left = room[what] - others[what]
    if (left < need[what])
      return {
        what,
        text: `this build needs ${mb(need[what])} of ${ofWhat}, and ${mb(left)} are free for builds${beside}`,
      }
  }
  return undefined
}

function tooLong({ config }: StepContext, { what, text }: Lack): AppError {
  const waited = `The build waited for ${config.buildWaitSeconds} s: ${text}.`
  return what === 'disk'
    ? new AppError(
        'disk_full',
        `${waited} Free some space (the page on the disk shows what takes it), then deploy again.`,
      )
    : new AppError(
        'machine_full',
        `${waited} Stop an app or give apps less memory, raise SLIPWAY_BUILD_MEMORY_MB where that is what is missing, or deploy again later.`,
      )
}
