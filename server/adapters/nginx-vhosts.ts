import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, toAppError } from '../errors.ts'
import type { NginxOptions, Vhost } from './nginx.ts'
import { askText } from './nginx-ask.ts'
import { createBatches, createLock } from './nginx-batches.ts'
import { answerOf, applyChange, type Change, isDone, isOf, refuseForeign, renderVhost } from './nginx-changes.ts'
import { createSetup, type Setup } from './nginx-engine.ts'
import { endFarewell, withFarewell } from './nginx-farewell.ts'
import {
  asideOf,
  confOf,
  putBack,
  readIfThere,
  readVhostFiles,
  removeAside,
  sweep,
  type VhostFile,
} from './nginx-files.ts'
import { createHolds, type Holds } from './nginx-holds.ts'
import { createManagedEngine } from './nginx-managed.ts'
import { readMark } from './nginx-names.ts'
import { type Problem, problemOf } from './nginx-problem.ts'
import { passTest, type Quarantined, quarantine, rivalsOf } from './nginx-quarantine.ts'
import { createGeneration } from './nginx-reload.ts'
import { createSystemEngine } from './nginx-system.ts'

export type Vhosts = {
  readonly token: string
  readonly holds: Holds
  start(): Promise<void>
  stop(): Promise<void>
  install(vhost: Vhost): Promise<void>
  uninstall(subdomain: string, deploymentId: string): Promise<void>
  drained(signal?: AbortSignal): Promise<void>
  has(vhost: Vhost): Promise<boolean>
  files(): Promise<VhostFile[]>
  checkAll(): Promise<Quarantined[]>
  isGone(): Promise<boolean>
  /** What keeps this nginx from being well; undefined when nothing does. */
  problem(): Promise<Problem | undefined>
}

/** The vhost files and the nginx that reads them: each change is safe, serialised, and proven. */
export async function createVhosts(options: NginxOptions): Promise<Vhosts> {
  const setup = await createSetup(options)
  const engine = (setup.mode === 'managed' ? createManagedEngine : createSystemEngine)(setup)
  const { instance, holdFolder } = setup
  const generation = createGeneration(setup, engine)
  const folder = { vhostsDir: setup.vhostsDir, engine, log: setup.log }
  const lock = createLock()
  const files = () => readVhostFiles(setup.vhostsDir, setup.instance)

  let failure: AppError | undefined
  /** Keeps why nginx could not be started or loaded, until it could. */
  const noting = async <T>(task: () => Promise<T>): Promise<T> => {
    try {
      const result = await task()
      failure = undefined
      return result
    } catch (error) {
      failure = toAppError(error)
      throw error
    }
  }

  let isPrepared = false
  const prepare = async () => {
    if (isPrepared) return
    for (const place of [setup.dir, setup.vhostsDir, holdFolder]) await sweep(place)
    await endFarewell(holdFolder)
    const isNew = await engine.prepare()
    if (isNew || (await generation.onDisk()) === 0) await generation.advance()
    isPrepared = true
  }

  const checkAll = async () => {
    await prepare()
    const { aside, conflicts } = await passTest(folder, [])
    for (const hostname of conflicts) {
      for (const file of await rivalsOf(folder, hostname)) {
        aside.push(await quarantine(folder, file, `another vhost answers for ${hostname} already`))
      }
    }
    if (aside.length > 0 || !(await isServed())) {
      await withFarewell(setup, async () => generation.load(await generation.advance()))
    }
    return aside
  }

  /** Orphans answer like an nginx that is well. */
  const isServed = async () => (await generation.isLoaded()) && (await engine.state()) !== 'orphaned'

  /** Tests and loads what is on the disk, and asks each of these hosts. */
  const prove = async (current: number, vhosts: Vhost[]) => {
    const { conflicts } = await passTest(folder, vhosts.map(fileOf))
    for (const { hostname } of vhosts) if (conflicts.includes(hostname)) throw claimedTwice(hostname)
    await noting(() => generation.load(current))
    await Promise.all(vhosts.map((vhost) => askVhost(setup, vhost)))
  }

  /** A removal stays a removal; a file that was written becomes what it was. */
  const takeBack = async (changes: Change[], before: (string | undefined)[]) => {
    try {
      for (const [index, { file, wanted }] of changes.entries()) if (wanted) await putBack(file, before[index])
      await prove(await generation.advance(), [])
    } catch (error) {
      folder.log(`nginx could not be brought back to what it ran before: ${String(error)}`)
    }
  }

  const carryOut = async (changes: Change[], before: (string | undefined)[]) => {
    const current = await generation.advance()
    const vhosts = changes.flatMap(({ wanted }) => wanted?.vhost ?? [])
    try {
      for (const [index, change] of changes.entries()) if (!isDone(change, before[index])) await applyChange(change)
      if (vhosts.length === 0 && (await engine.state()) === 'down') return
      await prove(current, vhosts)
    } catch (error) {
      await takeBack(changes, before)
      throw error
    }
  }

  const apply = async (changes: Change[]) => {
    await prepare()
    const before = await Promise.all(changes.map(({ file }) => readIfThere(file)))
    for (const [index, change] of changes.entries()) refuseForeign(change, before[index])
    const areDone = changes.every((change, index) => isDone(change, before[index]))
    if (!areDone || !(await isServed())) await withFarewell(setup, () => carryOut(changes, before))
    for (const change of changes) await forgetAside(change)
  }
  const submit = createBatches(lock, apply)
  const fileOf = ({ subdomain }: { subdomain: string }) => confOf(setup.vhostsDir, subdomain)

  return {
    token: setup.token,
    holds: createHolds(holdFolder),
    files,
    start: () =>
      lock(async () => {
        isPrepared = false
        await noting(checkAll)
      }),
    stop: () => lock(engine.stop),
    async install(vhost) {
      const wanted = { vhost, text: await renderVhost(setup, vhost) }
      await submit({ file: fileOf(vhost), instance, deploymentId: vhost.deploymentId, wanted })
    },
    uninstall: (subdomain, deploymentId) => submit({ file: fileOf({ subdomain }), instance, deploymentId }),
    drained: generation.drained,
    has: async (vhost) => (await readIfThere(fileOf(vhost))) === (await renderVhost(setup, vhost)),
    checkAll: () => lock(() => noting(checkAll)),
    isGone: async () => setup.mode === 'managed' && (await engine.state()) !== 'up',
    /** Never in the middle of a reload, where what is half-way would look like a fault. */
    problem: () =>
      lock(async () => {
        const [state, isLoaded] = await Promise.all([engine.state(), generation.isLoaded()])
        const aside = (await files()).filter((file) => file.quarantined).map((file) => file.subdomain)
        return problemOf(setup.mode, { state, isLoaded, aside }, failure)
      }),
  }
}

const claimedTwice = (hostname: string) =>
  new AppError(
    'nginx_rejected',
    `Another site of this nginx already answers for ${hostname}; take it out, or choose another subdomain`,
  )

/** The vhost itself answers, not the app behind it. A few tries: without /proc an old worker may still take one. */
async function askVhost(setup: Setup, vhost: Vhost): Promise<void> {
  const question = {
    port: setup.httpPort,
    host: vhost.hostname,
    path: '/',
    probe: `${setup.token}.vhost`,
    timeoutMs: 2000,
  }
  for (let left = 5; left > 0; left--) {
    if ((await askText(question)) === answerOf(vhost)) return
    await sleep(20)
  }
  throw claimedTwice(vhost.hostname)
}

/** The quarantined copy goes too, when it is this deployment's. */
async function forgetAside({ file, instance, deploymentId }: Change): Promise<void> {
  const aside = await readIfThere(asideOf(file))
  if (aside !== undefined && isOf(readMark(aside), { instance, deploymentId })) await removeAside(file)
}
