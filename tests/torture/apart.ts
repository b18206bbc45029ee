import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { startEngine } from './engine.ts'
import { type Report, runSession, type Session } from './session.ts'

/** What can be told to another process. */
export type Task = Omit<Session, 'engine' | 'isOver' | 'tell'>
type Message = { said: string } | { report: Report } | { error: string }

const PROGRAM = path.join(import.meta.dirname, 'apart-main.ts')

/**
 * Runs a session in a process and a network of its own, on a Docker engine of its own, which is really killed and started
 * again: it disturbs nobody. Takes root. `onStart` is given the process, which ends in order when it is told 'stop'.
 */
export async function runApart(
  task: Task,
  tell: (text: string) => void,
  onStart: (child: ChildProcess) => void,
): Promise<Report> {
  const inside = ['sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath, PROGRAM, JSON.stringify(task)]
  const child = spawn('unshare', ['--net', ...inside], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  onStart(child)
  let last: Message | undefined
  child.on('message', (message: Message) => {
    if ('said' in message) tell(message.said)
    else last = message
  })
  // What it said last may come after its end.
  await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  if (last && 'report' in last) return last.report
  const failure = last && 'error' in last ? last.error : `it ended with ${child.exitCode ?? child.signalCode}`
  return { sequences: 0, commands: 0, counts: new Map(), failure }
}

/** What that process does. */
export async function workApart(task: Task, isOver: () => boolean, send: (message: Message) => Promise<void>) {
  const engine = await startEngine()
  try {
    const report = await runSession({ ...task, engine, isOver, tell: (said) => void send({ said }) })
    await send({ report })
  } catch (error) {
    await send({ error: String(error instanceof Error ? error.stack : error) })
  } finally {
    await engine.stop()
  }
}
