import { appendLog, type LogLine, lastLogSeq } from '../db/logs.ts'
import { now } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { createMask } from '../mask.ts'

const FLUSH_MS = 100
const FLUSH_LINES = 200
const MAX_LINE = 4_000
const MAX_LINES = 50_000
const MAX_BYTES = 8 * 2 ** 20

export type BuildLog = {
  /** Takes text of any number of lines. `step` lines are headings. */
  write(text: string, stream?: string): void
  /** Waits until all that was written is stored. */
  close(): Promise<void>
}

/**
 * The build log of one release: secrets masked, written in batches, cut after 50,000 lines or 8 MiB, with a line that
 * says so. Followers hear of each batch once it is stored.
 */
export async function openBuildLog(
  deps: Pick<Deps, 'db' | 'events' | 'log'>,
  deploymentId: string,
  release: number,
  secrets: string[],
): Promise<BuildLog> {
  const mask = createMask(secrets)
  let seq = await lastLogSeq(deps.db, deploymentId, release)
  let bytes = 0
  let waiting: LogLine[] = []
  let timer: NodeJS.Timeout | undefined
  let storing: Promise<void> = Promise.resolve()

  function flush() {
    clearTimeout(timer)
    timer = undefined
    const lines = waiting
    waiting = []
    if (lines.length > 0) storing = storing.then(() => store(lines))
  }

  async function store(lines: LogLine[]) {
    try {
      await appendLog(deps.db, deploymentId, release, lines)
      deps.events.publish({ type: 'log', deployment: deploymentId, release, lines })
    } catch (error) {
      deps.log.error({ err: error, deployment: deploymentId, release }, 'build log lines could not be stored')
    }
  }

  function add(text: string, stream: string) {
    if (seq >= MAX_LINES || bytes >= MAX_BYTES) return
    const line = mask(text).slice(0, MAX_LINE)
    bytes += Buffer.byteLength(line)
    seq += 1
    const last = seq >= MAX_LINES || bytes >= MAX_BYTES
    waiting.push({
      seq,
      at: now(),
      stream,
      level: stream === 'stderr' ? 'warn' : 'info',
      text: last ? '… the log is cut here: it grew too long' : line,
    })
    if (waiting.length >= FLUSH_LINES) flush()
    else timer ??= setTimeout(flush, FLUSH_MS)
  }

  return {
    write(text, stream = 'stdout') {
      for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) add(line, stream)
    },
    async close() {
      flush()
      await storing
    },
  }
}
