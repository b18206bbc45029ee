import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What goes wrong with a call; `dies`: the server does, right after the call took effect. */
export type FaultKind =
  | 'fails'
  | 'refuses'
  | 'hangs'
  | 'lies'
  | 'twice'
  | 'dies'
  | 'breaks off'
  | 'full'
  | 'limited'
  | 'unavailable'
  | 'stale'
  | 'jumps ahead'
  | 'jumps back'
  /** No fault: time limits of the step are short, because something in it hangs. */
  | 'hurries'

export type Asked = { method: string; path: string; mark: string | undefined }
/** How a service words what it refuses. */
export type Wording = (status: number, text: string) => { type: string; body: string }
type Whole = { status: number; headers: IncomingMessage['headers']; body: Buffer }
type Options = {
  to: RequestOptions
  wording: Wording
  /** The fault for this call, used up with it. */
  take(asked: Asked): FaultKind | undefined
  /** Where the call goes to, when that is another address. */
  rewrite?(path: string): string
  /** Who answers in its stead, and the headers that go there. */
  divert?(path: string): { to: RequestOptions; headers: Record<string, string> } | undefined
  die(): Promise<void>
}

const REFUSED = { fails: 500, limited: 429, unavailable: 503, full: 500, lies: 500 } as const
const TEXT = {
  fails: 'made to fail',
  limited: 'too many requests',
  unavailable: 'made to be unavailable',
  full: 'write /var/lib/x: no space left on device',
  lies: 'made to look like a failure',
}

/** Stands between the server and a service that speaks HTTP, and lets single calls go wrong. */
export async function openFaultProxy(listen: { path: string } | { port: number }, options: Options) {
  const { to, wording, take, rewrite = (path) => path, divert, die } = options
  const sockets = new Set<Socket>()
  const seen = new Map<string, Whole>()

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  async function handle(incoming: IncomingMessage, response: ServerResponse) {
    const { 'x-step': mark, ...headers } = incoming.headers
    const [method, path] = [incoming.method ?? 'GET', incoming.url ?? '/']
    const fault = take({ method, path, mark: typeof mark === 'string' ? mark : undefined })
    const other = divert?.(path)
    const target = { ...(other?.to ?? to), method, path: rewrite(path), headers: { ...headers, ...other?.headers } }
    if (fault === undefined) return pass(target, incoming, response)
    if (fault === 'hangs') return void incoming.resume()
    if (fault === 'refuses') return void response.destroy()
    const body = await read(incoming)
    if (fault === 'fails' || fault === 'limited' || fault === 'unavailable' || fault === 'full')
      return refuse(response, fault)
    if (fault === 'stale') return answer(response, seen.get(path) ?? notThere())
    let whole = await send(target, body)
    if (fault === 'twice') whole = await send(target, body)
    if (fault === 'dies') return die()
    if (fault === 'lies') return refuse(response, fault)
    if (fault === 'breaks off') return breakOff(response, whole)
    answer(response, whole)
  }

  /** As it comes. What was read is kept for a later stale read. */
  function pass(target: RequestOptions, incoming: IncomingMessage, response: ServerResponse) {
    const asking = request({ ...target, agent: false }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers)
      response.flushHeaders()
      answered.pipe(response)
      answered.on('error', () => response.destroy())
      if (target.method === 'GET') keep(incoming.url ?? '', answered)
    })
    response.on('close', () => asking.destroy())
    asking.on('error', () => response.destroy())
    incoming.pipe(asking)
  }

  function keep(path: string, answered: IncomingMessage) {
    if (/logs|events|stats|info-refs/.test(path)) return
    const parts: Buffer[] = []
    answered.on('data', (part: Buffer) => parts.push(part))
    const { statusCode: status = 502, headers } = answered
    answered.on('end', () => seen.set(path, { status, headers, body: Buffer.concat(parts) }))
  }

  function refuse(response: ServerResponse, fault: keyof typeof REFUSED) {
    const { type, body } = wording(REFUSED[fault], TEXT[fault])
    response.writeHead(REFUSED[fault], { 'content-type': type, ...(fault === 'limited' && { 'retry-after': '1' }) })
    response.end(body)
  }

  function notThere(): Whole {
    const { type, body } = wording(404, 'not there (a stale answer)')
    return { status: 404, headers: { 'content-type': type }, body: Buffer.from(body) }
  }

  await new Promise<void>((resolve) => server.listen({ ...listen, host: '127.0.0.1' }, resolve))
  const address = server.address()
  return {
    url: typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '',
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, { status, headers, body }: Whole) {
  const { 'transfer-encoding': _, 'content-length': __, ...rest } = headers
  response.writeHead(status, { ...rest, 'content-length': body.length }).end(body)
}

function breakOff(response: ServerResponse, { status, headers, body }: Whole) {
  const { 'transfer-encoding': _, 'content-length': __, ...rest } = headers
  response.writeHead(status, { ...rest, 'content-length': body.length + 1 })
  response.write(body.subarray(0, body.length / 2), () => response.destroy())
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

function send(target: RequestOptions, body: Buffer): Promise<Whole> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, ...headers } = target.headers as Record<string, string>
    const asking = request(
      { ...target, agent: false, headers: { ...headers, 'content-length': String(body.length) } },
      (answered) => {
        read(answered).then(
          (whole) => resolve({ status: answered.statusCode ?? 502, headers: answered.headers, body: whole }),
          reject,
        )
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}
