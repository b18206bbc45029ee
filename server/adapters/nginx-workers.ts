import { readdir, readFile } from 'node:fs/promises'
import { AppError } from '../errors.ts'

/** How nginx titles a worker that accepts connections, and one that only finishes those it has. */
const TITLES = { accepting: 'nginx: worker process', draining: 'nginx: worker process is shutting down' }

export type WorkerState = keyof typeof TITLES

/** Every process that the kernel shows; none where there is no /proc. */
export async function listProcesses(): Promise<number[]> {
  const names = (await readdir('/proc').catch(ofGone)) ?? []
  return names.filter((name) => /^\d+$/.test(name)).map(Number)
}

/**
 * The title of a process, empty for a zombie, undefined when there is none (or no /proc).
 * nginx titles its processes itself: src/os/unix/ngx_process_cycle.c.
 */
export async function titleOf(pid: number): Promise<string | undefined> {
  const text = await readProc(`/proc/${pid}/cmdline`)
  return text?.replaceAll('\0', ' ').trim()
}

/** Undefined when it is no nginx worker, or gone. */
export async function stateOf(pid: number): Promise<WorkerState | undefined> {
  const title = await titleOf(pid)
  return (['accepting', 'draining'] as const).find((state) => TITLES[state] === title)
}

/** The workers of this master in one of the two states. Undefined when the kernel does not tell. */
export async function workersOf(master: number, state: WorkerState): Promise<number[] | undefined> {
  const children = await readProc(`/proc/${master}/task/${master}/children`)
  if (children === undefined) return undefined
  const pids = children.trim().split(' ').filter(Boolean).map(Number)
  const states = await Promise.all(pids.map(stateOf))
  return pids.filter((_, index) => states[index] === state)
}

/** The master of a worker. */
export async function masterOf(worker: number): Promise<number | undefined> {
  const status = await readProc(`/proc/${worker}/status`)
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status ?? '')?.[1])
  return parent > 1 && (await titleOf(parent))?.startsWith('nginx: master process') ? parent : undefined
}

/** Sends a signal; false when the process is gone. @throws AppError nginx_unreachable when it is another user's. */
export function signal(pid: number, name: 'SIGHUP' | 'SIGQUIT' | 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    const message = `nginx (process ${pid}) was started by another user; end it there, then start Slipway again`
    throw new AppError('nginx_unreachable', message, { cause: error })
  }
}

const readProc = (file: string) => readFile(file, 'utf8').catch(ofGone)

/** For `catch`. ENOENT and ESRCH: the process is gone; EACCES: it is not ours to look at. */
export function ofGone(error: unknown): undefined {
  const isExpected =
    error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code))
  if (!isExpected) throw error
}
