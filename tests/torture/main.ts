import { parseArgs } from 'node:util'
import { enterNest, startEngine } from './engine.ts'
import type { OwnEngine } from './machine.ts'
import { type Report, runSession } from './session.ts'

/**
 * `npm run torture`: random sequences of what users and machines do, several machines at once.
 *
 *   --sequences N   so many of them (500)
 *   --seconds N     ends sooner, after so long
 *   --seed N        the same as before
 *   --workers N     machines at once (2)
 *   --length N      commands of a sequence at most (8)
 *   --path P --replay R   one failing sequence again, as the report of it says
 *   --engine own    on a Docker engine of its own, which is really killed and started again (root; one machine)
 *   --shrink        looks for the shortest sequence that fails
 *   --verbose       says each command
 */
const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '500' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    workers: { type: 'string', default: '2' },
    length: { type: 'string', default: '8' },
    path: { type: 'string' },
    replay: { type: 'string' },
    engine: { type: 'string', default: 'shared' },
    shrink: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const begun = Date.now()
const [sequences, seed] = [Number(values.sequences), Number(values.seed)]
/** The sequence that runs is ended in order: nothing is to stay on the machine. */
let isStopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopped = true
  })
}
const isOwn = values.engine === 'own'
const workers = values.path === undefined && !isOwn ? Number(values.workers) : 1
if (!isOwn || (await enterNest())) await torture()

async function torture(): Promise<void> {
  console.log(`seed ${seed}, ${sequences} sequences on ${workers} machines`)
  const engine = isOwn ? await startEngine() : undefined
  try {
    report(await Promise.all(Array.from({ length: workers }, (_, worker) => runSession(session(worker, engine)))))
  } finally {
    await engine?.stop()
  }
}

function session(worker: number, engine: OwnEngine | undefined) {
  return {
    seed: seed + worker,
    sequences: Math.ceil(sequences / workers),
    maxCommands: Number(values.length),
    shrink: values.shrink,
    ...(engine && { engine }),
    isOver: () => isStopped || Date.now() - begun > Number(values.seconds ?? Number.POSITIVE_INFINITY) * 1000,
    ...(values.path !== undefined && { path: values.path }),
    ...(values.replay !== undefined && { replayPath: values.replay }),
    ...(values.verbose && { tell: (text: string) => console.log(`${worker}: ${text}`) }),
  }
}

function report(all: Report[]): void {
  const counts = new Map<string, number>()
  for (const it of all) for (const [what, times] of it.counts) counts.set(what, (counts.get(what) ?? 0) + times)
  for (const [what, times] of [...counts].sort((a, b) => b[1] - a[1]))
    console.log(`${String(times).padStart(6)} ${what}`)
  for (const [worker, { failure }] of all.entries())
    if (failure) console.log(`machine ${worker} (--seed ${seed + worker}):\n${failure}`)
  const sum = (of: (it: Report) => number) => all.reduce((total, it) => total + of(it), 0)
  const failed = all.filter((it) => it.failure).length
  const seconds = Math.round((Date.now() - begun) / 1000)
  console.log(
    `${sum((it) => it.sequences)} sequences, ${sum((it) => it.commands)} commands, ${failed} failed, seed ${seed}, ${seconds} s`,
  )
  process.exitCode = failed > 0 ? 1 : 0
}
