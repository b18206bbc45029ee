import type { SlipwayEvent } from '../../../server/events.ts'
import { setServerTime } from './clock.svelte.ts'
import { session } from './session.svelte.ts'

type Listener = (event: SlipwayEvent) => void

/** Longest pause between two attempts, and the longest silence of a connection that is alive: samples come every 5 s. */
const MAX_PAUSE_MS = 10_000
const MAX_SILENCE_MS = 20_000
const SESSION_ENDED = 4401

/** The one WebSocket of the page: every change on the server. It comes back by itself; what was missed is asked for again. */
class Live {
  state = $state<'connecting' | 'open' | 'lost'>('connecting')
  readonly #listeners = new Set<Listener>()
  readonly #resyncs = new Set<() => void>()
  #socket: WebSocket | undefined
  #attempts = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #watchdog: ReturnType<typeof setTimeout> | undefined

  /** Connects, and stays connected. */
  start(): void {
    this.#connect()
    addEventListener('online', () => this.#hurry())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#hurry())
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

  #connect(): void {
    clearTimeout(this.#retry)
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/events`)
    this.#socket = socket
    this.#expectNews()
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data))
    socket.onclose = ({ code }) => void this.#lose(socket, code)
  }

  #receive(event: SlipwayEvent | { type: 'hello'; at: string } | { type: 'dropped' }): void {
    this.#expectNews()
    if (event.type === 'hello') this.#open(event.at)
    else if (event.type === 'dropped') this.#resync()
    else for (const listener of this.#listeners) listener(event)
  }

  #open(at: string): void {
    setServerTime(at)
    this.state = 'open'
    this.#attempts = 0
    // Also the first time: what was loaded before the connection stood may be stale already.
    this.#resync()
  }

  #resync(): void {
    for (const refresh of this.#resyncs) refresh()
  }

  async #lose(socket: WebSocket, code: number): Promise<void> {
    if (socket !== this.#socket) return
    clearTimeout(this.#watchdog)
    this.state = 'lost'
    if (code === SESSION_ENDED && !session.isLeaving) await session.renew()
    const pause = Math.min(MAX_PAUSE_MS, 250 * 2 ** this.#attempts) * (0.75 + Math.random() / 2)
    this.#attempts += 1
    this.#retry = setTimeout(() => this.#connect(), pause)
  }

  /** A connection that died without a word looks open: silence ends it. */
  #expectNews(): void {
    clearTimeout(this.#watchdog)
    const socket = this.#socket
    this.#watchdog = setTimeout(() => {
      if (!socket || socket !== this.#socket) return
      socket.close()
      void this.#lose(socket, 1006)
      this.#socket = undefined
    }, MAX_SILENCE_MS)
  }

  #hurry(): void {
    if (this.state !== 'lost' || session.hasEnded) return
    this.#attempts = 0
    this.#connect()
  }
}

export const live = new Live()
