import type { Context } from './context.ts'
import { EXIT, Failure } from './failure.ts'
import { renderJson } from './render.ts'

/**
 * Does the waiting, and lets Ctrl-C end it: what was asked for goes on in Slipway. `goesOn` says so, and how to look.
 */
export async function untilInterrupted<T>(context: Context, goesOn: string, work: () => Promise<T>): Promise<T> {
  const stop = () => {
    const failure = new Failure('interrupted', goesOn, { exit: EXIT.interrupted })
    if (context.isJson) context.terminal.print(renderJson(failure))
    else context.terminal.note(`\n${goesOn}`)
    process.exit(failure.exit)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, stop)
  try {
    return await work()
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}
