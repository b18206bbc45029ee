import { readdir, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { listProcesses, masterOf, ofGone, signal, stateOf, type WorkerState } from './nginx-workers.ts'

const POLL_MS = 5
/** How long a worker may take to let go of the port; it needs some milliseconds, unless it hangs. */
const PATIENCE_MS = 3000

/** How our own workers are known: by the log that they write to, or by answering who has the probe token. */
export type OwnWorkers = { errorLog: string; answering: () => Promise<number | undefined> }

/**
 * The workers of ours in this state that have no master any more. When a master is killed its workers serve on with what
 * they have read, hold the port, and take no orders but signals. Empty where the kernel hides processes.
 */
export async function findOrphans({ errorLog, answering }: OwnWorkers, state: WorkerState): Promise<number[]> {
  const pids = await listProcesses()
  const states = await Promise.all(pids.map(stateOf))
  const workers = pids.filter((_, index) => states[index] === state)
  const masters = await Promise.all(workers.map(masterOf))
  const orphans = workers.filter((_, index) => masters[index] === undefined)
  const areOurs = await Promise.all(orphans.map((pid) => holdsFile(pid, errorLog)))
  const answers = areOurs.includes(false) ? await answering() : undefined
  return orphans.filter((pid, index) => areOurs[index] || pid === answers)
}

/**
 * Has them let go of the port and finish the requests they have; one that hangs is ended at once. Returns when none
 * accepts connections any more.
 */
export async function endOrphans(own: OwnWorkers): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  const told = new Set<number>()
  for (;;) {
    const orphans = await findOrphans(own, 'accepting')
    if (orphans.length === 0) return
    for (const pid of orphans.filter((it) => !told.has(it))) signal(pid, 'SIGQUIT')
    for (const pid of orphans) told.add(pid)
    if (performance.now() > deadline) for (const pid of orphans) signal(pid, 'SIGKILL')
    await sleep(POLL_MS)
  }
}

/** By device and inode: the path of a process in a container may read like ours. */
async function holdsFile(pid: number, file: string): Promise<boolean> {
  const wanted = await stat(file).catch(ofGone)
  const folder = `/proc/${pid}/fd`
  for (const name of (await readdir(folder).catch(ofGone)) ?? []) {
    const found = await stat(`${folder}/${name}`).catch(ofGone)
    if (wanted && found?.ino === wanted.ino && found.dev === wanted.dev) return true
  }
  return false
}
