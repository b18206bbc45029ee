import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { DOWNLOAD } from './busy-app.ts'

/** Where a visitor goes: nginx on loopback, and the name of the app. */
export type Place = { port: number; hostname: string }

export type Downloads = {
  /** How many came whole. */
  whole: number
  failures: string[]
}

/** Downloads one after the other until `stop`, which lets the last one end. */
export function startDownloads(place: Place): { stop(): Promise<Downloads> } {
  const outcome: Downloads = { whole: 0, failures: [] }
  let stopped = false
  const run = async () => {
    while (!stopped) {
      const bytes = await download(place).catch((error: unknown) => String(error))
      if (bytes === DOWNLOAD.bytes) outcome.whole += 1
      else outcome.failures.push(`${bytes} of ${DOWNLOAD.bytes} bytes`)
    }
  }
  const over = run()
  return {
    async stop() {
      stopped = true
      await over
      return outcome
    },
  }
}

async function download({ port, hostname }: Place): Promise<number> {
  const asking = request({ host: '127.0.0.1', port, path: '/download', agent: false, headers: { host: hostname } })
  const [response] = (await once(asking.end(), 'response')) as [IncomingMessage]
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return bytes
}

/** When a WebSocket was opened and closed, and what was wrong while it was open. */
export type Talk = { openedAt: number; closedAt: number; echoes: number; failures: string[] }

/** Talks over a WebSocket, ten messages a second, and over a new one when that is closed, until `stop`. */
export function startTalks(place: Place): { stop(): Promise<Talk[]> } {
  const talks: Talk[] = []
  const end = new AbortController()
  const run = async () => {
    while (!end.signal.aborted) talks.push(await talk(place, end.signal))
  }
  const over = run()
  return {
    async stop() {
      end.abort()
      await over
      return talks
    },
  }
}

async function talk(place: Place, signal: AbortSignal): Promise<Talk> {
  const own: Talk = { openedAt: Date.now(), closedAt: 0, echoes: 0, failures: [] }
  const socket = await openWebSocket(place).catch((error: unknown) => {
    own.failures.push(`was not opened: ${error}`)
  })
  if (!socket) return sleep(1000, own)
  let heard = ''
  socket.on('data', (frame: Buffer) => {
    heard = frame.subarray(2).toString()
  })
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('error', (error) => own.failures.push(error.message))
  for (let count = 1; !socket.destroyed && !signal.aborted; count++) {
    socket.write(textFrame(`message ${count}`))
    await Promise.race([sleep(100), closed])
    if (heard === `message ${count}`) own.echoes += 1
    else if (!socket.destroyed) own.failures.push(`heard “${heard}” 100 ms after message ${count}`)
  }
  own.closedAt = Date.now()
  socket.destroy()
  return own
}

/** By hand, because Node's own WebSocket cannot ask for a host name other than that of its address. */
async function openWebSocket({ port, hostname }: Place): Promise<Duplex> {
  const asking = request({
    host: '127.0.0.1',
    port,
    agent: false,
    headers: {
      host: hostname,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'c2xpcHdheSB0ZXN0IGtleQ==',
    },
  }).end()
  const refused = once(asking, 'response').then(([response]) => {
    throw new Error(`status ${response.statusCode}`)
  })
  const [, socket] = await Promise.race([once(asking, 'upgrade'), refused])
  return socket
}

/** One masked frame; a mask of zeros leaves the text as it is. */
const textFrame = (text: string) =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
