import type { ServerMessage, SlipwayEvent } from '../../../server/events.ts'
import { setServerTime } from './clock.svelte.ts'
import { type Session, session } from './session.svelte.ts'

type Listener = (event: SlipwayEvent) => void
type Socket = Pick<WebSocket, 'onmessage' | 'onclose' | 'close'>

/** Longest pause between two attempts, and the longest silence of a connection that is alive: samples come every 5 s. */
const MAX_PAUSE_MS = 10_000
const MAX_SILENCE_MS = 20_000
const SESSION_ENDED = 4401

/** The one WebSocket of the page: every change on the server. It comes back by itself; what was missed is asked for again. */
export class Live {
  state = $state<'connecting' | 'open' | 'lost'>('connecting')
  readonly #openSocket: () => Socket
  readonly #session: Pick<Session, 'hasEnded' | 'renew' | 'check'>
  readonly #listeners = new Set<Listener>()
  readonly #resyncs = new Set<() => void>()
  #socket: Socket | undefined
  /** Whether the server has greeted on this socket: before that it may have refused it. */
  #isGreeted = false
  #attempts = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #watchdog: ReturnType<typeof setTimeout> | undefined

  constructor(openSocket: () => Socket, session: Pick<Session, 'hasEnded' | 'renew' | 'check'>) {
    this.#openSocket = openSocket
    this.#session = session
  }

  /** Connects, and stays connected. */
  start(): void {
    this.#connect()
    addEventListener('online', () => this.hurry())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.hurry())
  }

  /** Answers the function that ends the subscription. */
  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Called each time the connection stands, the first time too: events were missed, so what is shown may be stale. */
  onResync(refresh: () => void): () => void {
    this.#resyncs.add(refresh)
    return () => void this.#resyncs.delete(refresh)
  }

  /** Tries again at once: something hints that the server can be reached now. */
  hurry(): void {
    if (this.state !== 'lost' || this.#session.hasEnded) return
    this.#attempts = 0
    this.#connect()
  }

  #connect(): void {
    this.#disconnect()
    const socket = this.#openSocket()
    this.#socket = socket
    this.#expectNews()
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data))
    socket.onclose = ({ code }) => void this.#lose(code)
  }

  /** Of a socket that was left nothing is heard any more, not even its end. */
  #disconnect(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#watchdog)
    const socket = this.#socket
    this.#socket = undefined
    this.#isGreeted = false
    if (!socket) return
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  #receive(message: ServerMessage): void {
    this.#expectNews()
    if (message.type === 'hello') this.#open(message.at)
    else if (message.type === 'dropped') this.#resync()
    else for (const listener of this.#listeners) listener(message)
  }

  #open(at: string): void {
    setServerTime(at)
    this.#isGreeted = true
    this.state = 'open'
    this.#attempts = 0
    // Also the first time: what was loaded before the connection stood may be stale already.
    this.#resync()
  }

  #resync(): void {
    for (const refresh of this.#resyncs) refresh()
  }

  async #lose(code: number): Promise<void> {
    const wasGreeted = this.#isGreeted
    this.#disconnect()
    this.state = 'lost'
    if (code === SESSION_ENDED) await this.#session.renew()
    // A browser does not tell why a socket was refused; that there is no session any more is one reason.
    else if (!wasGreeted) await this.#session.check()
    if (this.#socket) return
    const pause = Math.min(MAX_PAUSE_MS, 250 * 2 ** this.#attempts) * (0.75 + Math.random() / 2)
    this.#attempts += 1
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#connect(), pause)
  }

  /** A connection that died without a word looks open: silence ends it. */
  #expectNews(): void {
    clearTimeout(this.#watchdog)
    this.#watchdog = setTimeout(() => void this.#lose(1006), MAX_SILENCE_MS)
  }
}

export const live = new Live(() => new WebSocket(`${location.origin.replace('http', 'ws')}/api/events`), session)
