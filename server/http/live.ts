import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Deps } from '../deps.ts'
import type { LogMessage, ServerMessage } from '../events.ts'
import { type Visitor, visitorOf } from './auth.ts'

/** For each session and each API token. */
const MOST_SOCKETS = 50
/** What may wait in a client's socket before lines are dropped for it. */
const MAX_BUFFERED = 1024 * 1024
const POLL_MS = 20
const PING_MS = 30_000
/** Close codes of our own (RFC 6455: 4000–4999). */
const SESSION_ENDED = 4401
const TOO_MANY = 4429

export type Client = {
  /** Sends JSON. For a client that does not keep up messages are dropped, and when it does again it is told how many. */
  send(message: ServerMessage | LogMessage): void
  /** Waits until the client has taken most of what was sent, or is gone: for what can wait and must not be dropped. */
  ready(): Promise<void>
  onClose(callback: () => void): void
  close(): void
}

export type Live = {
  /** Takes a socket in, or closes it when its session or token has too many. */
  admit(socket: WebSocket, request: FastifyRequest): Client | undefined
  /** Closes every socket of the visitors whose session or token has ended. */
  disconnect(ended: (visitor: Visitor) => boolean): void
  close(): void
}

/** The open WebSockets: limits, back-pressure, pings, and an end as soon as the session or token ends. */
export function createLive(deps: Pick<Deps, 'log'>): Live {
  const sockets = new Map<WebSocket, { visitor: Visitor; alive: boolean }>()

  function disconnect(ended: (visitor: Visitor) => boolean) {
    for (const [socket, { visitor }] of sockets) {
      if (ended(visitor)) socket.close(SESSION_ENDED, 'The session has ended')
    }
  }

  const timer = setInterval(() => {
    const now = new Date().toISOString()
    disconnect(({ expiresAt }) => expiresAt !== null && expiresAt <= now)
    for (const [socket, state] of sockets) {
      if (!state.alive) socket.terminate()
      state.alive = false
      socket.ping()
    }
  }, PING_MS).unref()

  return {
    admit(socket, request) {
      const visitor = visitorOf(request)
      const open = [...sockets.values()].filter((it) => it.visitor.credential.id === visitor.credential.id).length
      if (open >= MOST_SOCKETS) {
        socket.close(TOO_MANY, 'Too many open connections')
        return undefined
      }
      const state = { visitor, alive: true }
      sockets.set(socket, state)
      socket.on('pong', () => {
        state.alive = true
      })
      socket.on('error', (error) => deps.log.debug({ err: error }, 'a WebSocket failed'))
      socket.on('close', () => sockets.delete(socket))
      return clientOf(socket)
    },
    disconnect,
    close() {
      clearInterval(timer)
      for (const socket of sockets.keys()) socket.close(1001, 'Slipway is stopping')
    },
  }
}

function clientOf(socket: WebSocket): Client {
  let dropped = 0
  const isOpen = () => socket.readyState === socket.OPEN

  /** ws tells of no moment when a socket has drained. */
  async function ready() {
    while (isOpen() && socket.bufferedAmount > MAX_BUFFERED / 2) await sleep(POLL_MS, undefined, { ref: false })
  }

  async function tellDropped() {
    await ready()
    if (isOpen()) socket.send(JSON.stringify({ type: 'dropped', count: dropped }))
    dropped = 0
  }

  return {
    send(message) {
      if (!isOpen()) return
      if (dropped === 0 && socket.bufferedAmount <= MAX_BUFFERED) return socket.send(JSON.stringify(message))
      dropped += 1
      if (dropped === 1) void tellDropped()
    },
    ready,
    onClose: (callback) => void socket.once('close', callback),
    close: () => socket.close(1000),
  }
}
