import type { LogMessage } from '../../../server/events.ts'
import type { LogLineView } from '../../../server/http/views.ts'
import type { Asked } from './download.ts'

/** Lines that come one by one are handed on together: a page need not be painted for each. */
const GATHER_MS = 50
const OVER = 1000
const SESSION_ENDED = 4401

/** Why nothing comes any more: the log is over, the session is, lines were dropped, or the connection broke. */
export type Ending = 'over' | 'renew' | 'again' | 'lost'
type Handlers = { onOpen: () => void; onLines: (lines: LogLineView[]) => void }

/** Follows a log over a WebSocket from the line after `after`. `stop` ends it, as if for that reason. */
export function followLog(
  asked: Asked,
  after: number,
  handlers: Handlers,
): { ending: Promise<Ending>; stop(reason: Ending): void } {
  const { promise: ending, resolve } = Promise.withResolvers<Ending>()
  const socket = new WebSocket(addressOf(asked, after))
  let gathered: LogLineView[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  const handOn = () => {
    clearTimeout(timer)
    timer = undefined
    const lines = gathered
    gathered = []
    if (lines.length > 0) handlers.onLines(lines)
  }
  const end = (reason: Ending) => {
    socket.onmessage = null
    socket.onclose = null
    socket.close()
    handOn()
    resolve(reason)
  }
  socket.onopen = handlers.onOpen
  socket.onclose = ({ code }) => end(code === OVER ? 'over' : code === SESSION_ENDED ? 'renew' : 'lost')
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data) as LogMessage
    // What came before the gap is whole; what comes after it is left to the next connection, and so is an error, of
    // which the question over HTTP that goes before it tells more.
    if ('type' in message) return end(message.type === 'dropped' ? 'again' : 'lost')
    gathered.push(message)
    timer ??= setTimeout(handOn, GATHER_MS)
  }
  return { ending, stop: end }
}

function addressOf({ id, kind, release }: Asked, after: number): URL {
  const url = new URL(`/api/logs/${encodeURIComponent(id)}`, location.origin.replace('http', 'ws'))
  url.searchParams.set('kind', kind)
  if (release !== undefined) url.searchParams.set('release', String(release))
  url.searchParams.set('after', String(after))
  return url
}
