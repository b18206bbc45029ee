import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLineView } from '../../server/http/views.ts'
import { findApp } from '../apps.ts'
import type { Context } from '../context.ts'
import { poll } from '../poll.ts'
import { createLogReader } from '../read-log.ts'
import { renderJson } from '../render.ts'

export type LogsOptions = { follow?: boolean; build?: boolean; release?: number }

const PAUSE_MS = 1000

/**
 * What the app prints, or with --build what its build printed. With --json a line of JSON each. Following goes on when
 * Slipway is restarted meanwhile.
 */
export async function logs(context: Context, named: string, options: LogsOptions): Promise<void> {
  const client = await context.connect()
  const { id } = await findApp(client, named)
  const read = createLogReader(client, id, { kind: options.build ? 'build' : 'runtime', release: options.release })
  const print = (line: LogLineView) => context.terminal.print(context.isJson ? renderJson(line) : line.text)
  if (!options.follow) return (await read()).forEach(print)
  for (;;) {
    for (const line of await poll(context, read)) print(line)
    await sleep(PAUSE_MS)
  }
}
