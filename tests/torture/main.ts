import type { ChildProcess } from 'node:child_process'
import { parseArgs } from 'node:util'
import { runApart } from './apart.ts'
import { asFailure, type Report, runSession } from './session.ts'

/**
 * `npm run torture`: random sequences of what users and machines do, several machines at once.
 *
 *   --sequences N     so many of them (500)
 *   --seconds N       ends sooner, after so long
 *   --seed N          the same as before
 *   --workers N       machines at once (4)
 *   --own-engines N   so many of them have a Docker engine of their own, which is really killed and started again (1; as
 *                     another user than root 0). On the others, which share one, it only hangs.
 *   --length N        commands of a sequence at most (8)
 *   --path P --replay R   one failing sequence again, as the report of it says, on one machine
 *   --shrink          looks for the shortest sequence that fails
 *   --verbose         says each command
 */
const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '500' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    workers: { type: 'string', default: '4' },
    'own-engines': { type: 'string', default: process.getuid?.() === 0 ? '1' : '0' },
    length: { type: 'string', default: '8' },
    path: { type: 'string' },
    replay: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const begun = Date.now()
const [sequences, seed] = [Number(values.sequences), Number(values.seed)]
const workers = values.path === undefined ? Number(values.workers) : 1
const own = Math.min(Number(values['own-engines']), workers)
const apart = new Set<ChildProcess>()

/** The sequences that run are ended in order: nothing is to stay on the machine. */
let isStopped = false
function stop() {
  isStopped = true
  for (const child of apart) if (child.connected) child.send('stop')
}
process.on('SIGINT', stop).on('SIGTERM', stop)
if (values.seconds !== undefined) setTimeout(stop, Number(values.seconds) * 1000).unref()

console.log(`seed ${seed}, ${sequences} sequences on ${workers} machines, ${own} with an engine of their own`)
report(
  await Promise.all(
    Array.from({ length: workers }, (_, worker) =>
      work(worker)
        .catch(asFailure)
        .then((its) => told(its, worker)),
    ),
  ),
)

/** The share of one machine. */
async function work(worker: number): Promise<Report> {
  const task = {
    seed: seed + worker,
    sequences: Math.ceil(sequences / workers),
    maxCommands: Number(values.length),
    shrink: values.shrink,
    ...(values.path !== undefined && { path: values.path }),
    ...(values.replay !== undefined && { replayPath: values.replay }),
  }
  const tell = (text: string) => values.verbose && console.log(`${seconds()} s, ${worker}: ${text}`)
  if (worker < own) return runApart(task, tell, (child) => apart.add(child))
  return runSession({ ...task, tell, isOver: () => isStopped })
}

/** At once: the other machines may go on for long. */
function told(its: Report, worker: number): Report {
  if (its.failure)
    console.log(`machine ${worker} (--seed ${seed + worker} --own-engines ${worker < own ? 1 : 0}):\n${its.failure}`)
  return its
}

function seconds(): number {
  return Math.round((Date.now() - begun) / 1000)
}

function report(all: Report[]): void {
  const counts = new Map<string, number>()
  for (const it of all) for (const [what, times] of it.counts) counts.set(what, (counts.get(what) ?? 0) + times)
  for (const [what, times] of [...counts].sort((a, b) => b[1] - a[1]))
    console.log(`${String(times).padStart(6)} ${what}`)
  const sum = (of: (it: Report) => number) => all.reduce((total, it) => total + of(it), 0)
  const failed = all.filter((it) => it.failure).length
  console.log(
    `${sum((it) => it.sequences)} sequences, ${sum((it) => it.commands)} commands, ${failed} failed, seed ${seed}, ${seconds()} s`,
  )
  process.exitCode = failed > 0 ? 1 : 0
}
