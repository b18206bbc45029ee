import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readFile, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Fault } from '../support/cloudflare-faults.ts'
import { type DockerDoor, openDockerDoor } from '../support/docker-door.ts'
import { type Repository, startGitServer } from '../support/git-server.ts'
import { createWorld, type World } from '../support/world.ts'
import { type Foreign, plantForeign } from './foreign.ts'

const run = promisify(execFile)

/** The machine that a sequence happens to: a world, and what can be done to its neighbours. */
export type Machine = {
  world: World
  foreign: Foreign
  /** The repository of an app, made when it is first asked for. */
  repositoryOf(app: string): Promise<Repository>
  engine: {
    /** The engine takes connections and answers none. */
    hang(): void
    open(): void
    /** It is killed and started again; undefined where the engine is not ours to kill. */
    restart?: () => Promise<void>
  }
  cloudflareFails(kind: Fault['kind']): void
  /** No byte is left where Slipway keeps its data. False where that cannot be done here. */
  fillDisk(): Promise<boolean>
  /** What was broken works again. */
  heal(): Promise<void>
  killNginx(): Promise<void>
  destroy(): Promise<void>
}

/** An engine of the machine's own, which may be killed. */
export type OwnEngine = { socket: string; restart(): Promise<void> }

/** Two builds of which nothing is known have to find room on it. */
const DISK_MB = 640

export async function createMachine(own?: OwnEngine): Promise<Machine> {
  const door = await openDockerDoor(own?.socket)
  const git = await startGitServer()
  const disk = await mountDisk()
  const world = await createWorld({
    cloudflare: true,
    github: true,
    git,
    within: disk.folder,
    ...(own && { engineSocket: own.socket }),
    env: {
      DOCKER_HOST: door.address,
      SLIPWAY_RECONCILE_SECONDS: '1',
      SLIPWAY_DRAIN_SECONDS: '1',
      SLIPWAY_BUILD_CONCURRENCY: '2',
      SLIPWAY_MIN_FREE_DISK_MB: '16',
      SLIPWAY_LOG_LEVEL: 'warn',
    },
  })
  const repositories = new Map<string, Promise<Repository>>()
  let failing: Fault[] = []
  const filler = path.join(world.slipway.dataDir, 'filler')

  const foreign = await plantForeign(world).catch(async (error: unknown) => {
    await world.destroy()
    await disk.unmount()
    throw error
  })
  return {
    world,
    foreign,
    async repositoryOf(app) {
      const made = repositories.get(app) ?? makeRepository(world, app)
      repositories.set(app, made)
      return made
    },
    engine: { hang: door.hang, open: door.open, ...(own && { restart: own.restart }) },
    cloudflareFails(kind) {
      const fault: Fault = { match: (method) => failing.includes(fault) && method !== 'HEAD', kind, times: 1000 }
      failing = [fault]
      world.cloudflare?.fail(fault)
    },
    async fillDisk() {
      if (!disk.isOwn) return false
      const { bavail, bsize } = await statfs(disk.folder)
      // Slipway writes meanwhile: the last of it is taken bit by bit.
      await run('fallocate', ['--length', String(Math.max(4096, bavail * bsize - 2 ** 20)), filler])
      await appendFile(filler, Buffer.alloc(2 ** 20)).catch(() => undefined)
      return true
    },
    async heal() {
      failing = []
      await rm(filler, { force: true })
      door.open()
      if (!isAlive(world.slipway.pid())) await world.slipway.start()
    },
    killNginx: () => killNginx(world),
    async destroy() {
      door.open()
      // Each also where the one before failed, as on an engine that is gone: no process is to stay.
      const ends = [foreign.remove, world.destroy, () => closeDoor(door), disk.unmount]
      const failures: unknown[] = []
      for (const end of ends) await end().catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw new AggregateError(failures, `not everything could be removed: ${failures}`)
    },
  }
}

const closeDoor = (door: DockerDoor) => door.close()

async function makeRepository(world: World, app: string): Promise<Repository> {
  const repository = await world.git.makeRepository('acme', app)
  await world.github?.follow(repository)
  return repository
}

/** A small file system of its own, where we may mount one. */
async function mountDisk() {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-disk-'))
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'slipway-torture', folder]).then(
    () => true,
    () => false,
  )
  return {
    folder,
    isOwn: mounted,
    async unmount() {
      if (mounted) await run('umount', ['--lazy', folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Master and workers at once, as an administrator in a hurry does. */
export async function killNginx({ slipway }: World): Promise<void> {
  const pid = Number(await readFile(path.join(slipway.dataDir, 'nginx', 'nginx.pid'), 'utf8').catch(() => '0'))
  if (pid <= 1) return
  const workers = (await readdir('/proc')).filter((it) => /^\d+$/.test(it))
  const isWorker = async (id: string) =>
    (await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')).split(' ')[3] === String(pid)
  const own = []
  for (const id of workers) if (await isWorker(id)) own.push(Number(id))
  for (const id of [pid, ...own]) if (isAlive(id)) process.kill(id, 'SIGKILL')
  for (let left = 100; isAlive(pid) && left > 0; left--) await sleep(10)
}
