import autocannon from 'autocannon'

export type Kind = {
  name: string
  port: number
  hostname: string
  path?: string
  body?: string
  connections: number
  /** A connection for each request, instead of some that are kept. */
  fresh?: boolean
  /** How long a client waits between an answer and its next request. */
  pauseMs: number
}

export type Outcome = {
  name: string
  answers: number
  /** What went wrong, each with its reason: no answer, a broken connection, a status other than 2xx. */
  failures: string[]
  /** Milliseconds from request to answer, with the time at which the answer came. */
  latencies: { at: number; ms: number }[]
}

/** Five kinds of visitors, who together ask some 1,300 times a second where the machine keeps up. */
export function visitorsOf(place: { port: number; hostname: string }): Kind[] {
  const body = 'x'.repeat(2000)
  const common = { ...place, connections: 6, pauseMs: 18 }
  return [
    { ...common, name: 'GET, kept connections' },
    { ...common, name: 'POST, kept connections', body },
    { ...common, name: 'GET, kept connections, five times a second each', connections: 20, pauseMs: 200 },
    { ...common, name: 'GET, new connections', fresh: true },
    { ...common, name: 'POST, new connections', fresh: true, body },
  ]
}

/** Visitors that ask without end, counted by autocannon's clients. `stop` ends them and answers what they saw. */
export function startLoad(kind: Kind): { stop(): Promise<Outcome> } {
  const outcome: Outcome = { name: kind.name, answers: 0, failures: [], latencies: [] }
  const { hostname, port, path = '/', body, fresh } = kind
  const over = Promise.withResolvers<unknown>()
  const options: autocannon.Options = {
    url: `http://127.0.0.1:${port}${path}`,
    connections: kind.connections,
    duration: 3600,
    timeout: 15,
    method: body === undefined ? 'GET' : 'POST',
    headers: { host: hostname, ...(fresh && { connection: 'close' }) },
    ...(body !== undefined && { body }),
    setupClient: (client) => watch(client as unknown as Client, kind, outcome),
  }
  const running = autocannon(options, (error, result) => (error ? over.reject(error) : over.resolve(result)))
  return {
    async stop() {
      running.stop()
      await over.promise
      return outcome
    },
  }
}

/** What we need of autocannon's lib/httpClient.js. */
type Client = {
  destroyed: boolean
  on(event: 'request', listener: () => void): void
  on(event: 'headers', listener: (head: { statusCode: number; headers: string[] }) => void): void
  on(event: 'response', listener: (status: number, bytes: number, ms: number) => void): void
  on(event: 'connError', listener: (error: Error) => void): void
  on(event: 'timeout', listener: () => void): void
  _doRequest(): void
  _resetConnection(): void
}

/**
 * autocannon asks again on a connection that the answer before it has ended, which HTTP forbids (RFC 9112, 9.6), and says
 * nothing of a request whose connection is closed without an answer. Here the one is mended and the other counted.
 */
function watch(client: Client, kind: Kind, outcome: Outcome): void {
  const send = client._doRequest.bind(client)
  let isWaiting = false
  let isEnded = false
  let timer: NodeJS.Timeout | undefined
  const fail = (what: string) => {
    isWaiting = false
    outcome.failures.push(`${new Date().toISOString().slice(17, 23)} ${what}`)
  }

  client.on('headers', ({ headers }) => {
    const at = headers.findIndex((it, index) => index % 2 === 0 && it.toLowerCase() === 'connection')
    isEnded = at >= 0 && headers[at + 1]?.toLowerCase() === 'close'
  })
  client.on('request', () => {
    if (isWaiting) fail('the connection was closed without an answer')
    isWaiting = true
  })
  client.on('response', (status, _bytes, ms) => {
    isWaiting = false
    outcome.answers += 1
    outcome.latencies.push({ at: Date.now(), ms })
    if (status < 200 || status > 299) fail(`status ${status}`)
  })
  client.on('connError', (error) => {
    // A new connection that is refused has not asked anything yet.
    if (isWaiting || (error as NodeJS.ErrnoException).code === 'ECONNREFUSED') fail(error.message)
  })
  client.on('timeout', () => fail('no answer in time'))

  client._doRequest = () => {
    clearTimeout(timer)
    if (isEnded) {
      isEnded = false
      return client._resetConnection()
    }
    timer = setTimeout(() => !client.destroyed && send(), kind.pauseMs)
  }
}
