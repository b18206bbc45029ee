import type { LogLineView } from '../server/http/views.ts'
import type { Client } from './client.ts'

export type LogQuery = { kind: 'build' | 'runtime'; release?: number | undefined }

/** As many as the API gives at once, and as many as there are of an app's log at first. */
export const BATCH = 1000
const FIRST = 0

/**
 * Reads on where it stopped the last time; what a failure cut off is read again. A build's lines begin at the first, an
 * app's at the last `BATCH`.
 */
export type LogReader = () => Promise<LogLineView[]>

export function createLogReader(client: Client, id: string, query: LogQuery): LogReader {
  let last = FIRST
  return async () => {
    const all: LogLineView[] = []
    let after = last
    for (;;) {
      const { lines, next } = await client.request<{ lines: LogLineView[]; next: number }>(
        'GET',
        `/api/logs/${encodeURIComponent(id)}`,
        { query: { ...query, after, limit: BATCH } },
      )
      after = next
      all.push(...lines)
      if (lines.length < BATCH || query.kind === 'runtime') break
    }
    last = after
    return all
  }
}
