import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLineView } from '../../server/http/views.ts'
import { findApp } from '../apps.ts'
import type { Context } from '../context.ts'
import { poll } from '../poll.ts'
import { BATCH, createLogReader } from '../read-log.ts'
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
  const kind = options.build ? 'build' : 'runtime'
  const read = createLogReader(client, id, { kind, release: options.release })
  const look = () => (options.follow ? poll(context, read) : read())
  const print = (line: LogLineView) => context.terminal.print(context.isJson ? renderJson(line) : line.text)

  let lines = await look()
  if (kind === 'runtime' && lines.length === BATCH) context.note(`Its last ${BATCH} lines; earlier ones are not shown.`)
  for (;;) {
    for (const line of lines) print(line)
    if (!options.follow) return
    await sleep(PAUSE_MS)
    lines = await look()
  }
}
