import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fillCpusets, readBuildCores } from './build-cores.ts'

/** What all builds together may use. `pace`: the part of their CPU time that they are given (build-pace.ts); 1 if nothing is said. */
export type BuildLimits = { memoryMb: number; cores: number; pace?: number }

/**
 * Memory that builds hold and cannot give back, and how often the kernel ended a process for want of it: one of theirs,
 * or where `isOfAll` any of the machine's. `strays`: containers of builds that run where no limit reaches them.
 */
export type BuildUsage = { memory: number; kills: number; isOfAll: boolean; strays: number }

/** Below it are the containers of BuildKit, where the engine uses the cgroupfs driver, and nothing else. */
const PLACE = 'docker/buildkit'

/** Processes and threads: a fork bomb ends here, an ordinary build does not. */
const MAX_PROCESSES = 1024

/** A container of an app has 1024 shares, or the weight 100: where both want the CPU, a build has a fiftieth of that. */
const CPU_SHARES = 20
const CPU_WEIGHT = 2
const IO_WEIGHT = 10

/**
 * What is left to others also counts for what is in no container: nginx, the engine, Slipway. The kernel takes the cores
 * away for the rest of each period, so a short one keeps others from waiting long (docs/reliability.md).
 */
const coresOf = (cores: number) => Math.max(cores / 2, cores - 1)
const PERIOD = 10_000

/** Where the containers of builds are listed. */
export const placeOf = (cgroups: string) => {
  if (!isUnified(cgroups)) return path.join(cgroups, 'cpu', PLACE)
  return existsSync(path.join(cgroups, GATHERED)) ? path.join(cgroups, GATHERED) : path.join(cgroups, PLACE)
}

type Limit = { file: string; value: string; optional?: boolean; mayBeLess?: boolean }

const isUnified = (cgroups: string) => existsSync(path.join(cgroups, 'cgroup.controllers'))

/** Each as the kernel answers it when it is read again. */
async function limitsOf({ memoryMb, cores, pace = 1 }: BuildLimits, cgroups: string): Promise<Limit[]> {
  const own = await readBuildCores(cgroups)
  const bytes = String(memoryMb * 2 ** 20)
  const quota = String(Math.round(coresOf(cores) * pace * PERIOD))
  const processes = String(MAX_PROCESSES)
  if (isUnified(cgroups)) {
    return [
      { file: `${PLACE}/memory.max`, value: bytes },
      { file: `${PLACE}/memory.swap.max`, value: '0', optional: true },
      { file: `${PLACE}/pids.max`, value: processes },
      { file: `${PLACE}/cpu.weight`, value: String(CPU_WEIGHT) },
      { file: `${PLACE}/cpu.max`, value: `${quota} ${PERIOD}`, mayBeLess: true },
      ...(own === undefined ? [] : [{ file: `${PLACE}/cpuset.cpus`, value: own, optional: true }]),
      { file: `${PLACE}/io.weight`, value: `default ${IO_WEIGHT}`, optional: true },
      { file: `${PLACE}/io.bfq.weight`, value: `default ${IO_WEIGHT}`, optional: true },
    ]
  }
  return [
    { file: `memory/${PLACE}/memory.limit_in_bytes`, value: bytes },
    { file: `pids/${PLACE}/pids.max`, value: processes },
    { file: `cpu/${PLACE}/cpu.shares`, value: String(CPU_SHARES) },
    { file: `cpu/${PLACE}/cpu.cfs_period_us`, value: String(PERIOD) },
    { file: `cpu/${PLACE}/cpu.cfs_quota_us`, value: quota, mayBeLess: true },
    ...(own === undefined ? [] : [{ file: `cpuset/${PLACE}/cpuset.cpus`, value: own, optional: true }]),
    { file: `blkio/${PLACE}/blkio.bfq.weight`, value: String(IO_WEIGHT), optional: true },
  ]
}

/** Writes the limits where they are not set yet. Takes root. @throws what the file system says */
export async function writeLimits(limits: BuildLimits, cgroups: string): Promise<void> {
  if (isUnified(cgroups)) await handDownControllers(cgroups)
  else {
    await makeRoomForSwap(limits, cgroups)
    if (existsSync(path.join(cgroups, 'cpuset'))) await fillCpusets(cgroups, PLACE)
  }
  for (const { file, value, optional = false } of await limitsOf(limits, cgroups)) {
    const target = path.join(cgroups, file)
    await mkdir(path.dirname(target), { recursive: true })
    if (optional && !existsSync(target)) continue
    if ((await readIfThere(target)) !== value) await writeFile(target, value).catch(optional ? ignoreUnfit : undefined)
  }
  if (!isUnified(cgroups)) await limitSwap(limits, cgroups)
}

/**
 * A kernel may show a file that it takes nothing in, such as a weight for a disk scheduler that is not in use. Cgroup v1
 * takes no core away while a build that somebody else began may use it (`EBUSY`): the next build tries again.
 */
function ignoreUnfit(error: NodeJS.ErrnoException): void {
  if (!['EINVAL', 'EOPNOTSUPP', 'ENODEV', 'EBUSY'].includes(error.code ?? '')) throw error
}

/** Cgroup v1 limits memory and swap together, where the kernel counts swap. */
const swapFileOf = (cgroups: string) => path.join(cgroups, 'memory', PLACE, 'memory.memsw.limit_in_bytes')

/** The limit of both may never be below that of memory, not for a moment. */
async function makeRoomForSwap({ memoryMb }: BuildLimits, cgroups: string): Promise<void> {
  const now = await readIfThere(swapFileOf(cgroups))
  if (now !== undefined && Number(now) < memoryMb * 2 ** 20)
    await writeFile(swapFileOf(cgroups), String(memoryMb * 2 ** 20))
}

/** With both limits the same, nothing is left for swap. */
async function limitSwap({ memoryMb }: BuildLimits, cgroups: string): Promise<void> {
  const value = String(memoryMb * 2 ** 20)
  const now = await readIfThere(swapFileOf(cgroups))
  if (now !== undefined && now !== value) await writeFile(swapFileOf(cgroups), value)
}

/** In cgroup v2 a folder has the limits that its parent hands down. */
async function handDownControllers(cgroups: string): Promise<void> {
  for (const folder of ['.', path.dirname(PLACE)]) {
    const file = path.join(cgroups, folder, 'cgroup.subtree_control')
    await mkdir(path.dirname(file), { recursive: true })
    for (const name of ['memory', 'pids', 'cpu']) await writeFile(file, `+${name}`)
    for (const name of ['io', 'cpuset']) await writeFile(file, `+${name}`).catch(ignoreMissing)
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (!['EINVAL', 'ENOENT'].includes(error.code ?? '')) throw error
}

/** Whether the limits are set, whoever set them, and at whatever pace. Changes nothing. */
export async function hasLimits(limits: BuildLimits, cgroups: string): Promise<boolean> {
  for (const limit of await limitsOf(limits, cgroups)) {
    if (!limit.optional && !isSet(limit, await readIfThere(path.join(cgroups, limit.file)))) return false
  }
  return true
}

/** No limit is `-1`, or `max`. */
function isSet({ value, mayBeLess }: Limit, now = ''): boolean {
  const [is, may] = [Number.parseInt(now, 10), Number.parseInt(value, 10)]
  return mayBeLess ? is > 0 && is <= may : now === value
}

/** What builds use at the moment. Cgroup v1 does not tell whose process was ended. */
export async function readBuildUsage(cgroups: string, vmstat = '/proc/vmstat'): Promise<BuildUsage> {
  const unified = isUnified(cgroups)
  const folder = path.join(cgroups, unified ? '' : 'memory', PLACE)
  const stat = (await readIfThere(path.join(folder, 'memory.stat'))) ?? ''
  const kills = await readIfThere(unified ? path.join(folder, 'memory.events') : vmstat)
  const [own, shared] = unified ? ['anon', 'shmem'] : ['total_rss', 'total_shmem']
  const memory = numberOf(stat, own) + numberOf(stat, shared)
  const strays = unified ? await countStrays(cgroups) : 0
  return { memory, kills: numberOf(kills ?? '', 'oom_kill'), isOfAll: !unified, strays }
}

const numberOf = (text: string, name = '') => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)

/** Where the engine uses the systemd driver, it starts the containers of builds here, one beside the other. */
const STRAYS = 'system.slice'
const STRAY = /^[\w-]+\.slice:docker:(\w+)$/
const GATHERED = `${PLACE}/gathered`

/**
 * Takes the containers of builds below the limits, where the engine uses the systemd driver: it hands runc the name of a
 * systemd unit, but not the flag that says so, and runc makes a folder of that name beside its own unit's (Docker 20.10).
 * Their first process is found before it becomes the build's. Nothing is done on a machine with cgroup v1.
 */
export async function gatherStrays(cgroups: string): Promise<void> {
  const strays = await listFolders(path.join(cgroups, STRAYS))
  const ids = new Set<string>()
  for (const name of strays) {
    const [, id] = STRAY.exec(name) ?? []
    if (id === undefined) continue
    ids.add(id)
    const target = path.join(cgroups, GATHERED, id)
    await mkdir(target, { recursive: true })
    await moveAll(path.join(cgroups, STRAYS, name), target)
  }
  for (const id of await listFolders(path.join(cgroups, GATHERED))) {
    if (!ids.has(id)) await rmdir(path.join(cgroups, GATHERED, id)).catch(ignoreGone)
  }
}

async function countStrays(cgroups: string): Promise<number> {
  const folders = (await listFolders(path.join(cgroups, STRAYS))).filter((it) => STRAY.test(it))
  const lists = folders.map((it) => readIfThere(path.join(cgroups, STRAYS, it, 'cgroup.procs')))
  return (await Promise.all(lists)).filter((it) => it !== undefined && it !== '').length
}

/** The names of the folders in one; none where it is not there. */
export async function listFolders(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  return (await readdir(folder, { withFileTypes: true })).filter((it) => it.isDirectory()).map((it) => it.name)
}

async function moveAll(from: string, to: string, rounds = 20): Promise<void> {
  const ids = ((await readIfThere(path.join(from, 'cgroup.procs'))) ?? '').split('\n').filter((it) => it !== '')
  for (const id of ids) await writeFile(path.join(to, 'cgroup.procs'), id).catch(ignoreGone)
  // What they started in the meantime is where they were.
  if (ids.length > 0 && rounds > 1) await moveAll(from, to, rounds - 1)
}

/** The process has ended, or the folder is in use again. */
function ignoreGone(error: NodeJS.ErrnoException): void {
  if (!['ESRCH', 'ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(error.code ?? '')) throw error
}

/** What the kernel says in a file; undefined for what has ended. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if (['ENOENT', 'ENODEV', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
