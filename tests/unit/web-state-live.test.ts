import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Live } from '../../web/src/state/live.svelte.ts'

class FakeSocket {
  onmessage: ((event: MessageEvent) => void) | null = null
  onclose: ((event: CloseEvent) => void) | null = null
  isClosed = false
  close() {
    this.isClosed = true
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) } as MessageEvent)
  }
  greet() {
    this.say({ type: 'hello', at: new Date().toISOString() })
  }
  end(code = 1006) {
    this.onclose?.({ code } as CloseEvent)
  }
}

let sockets: FakeSocket[]
let session: { hasEnded: boolean; renew: ReturnType<typeof vi.fn>; check: ReturnType<typeof vi.fn> }
let live: Live
let heard: string[]
const last = () => sockets.at(-1) as FakeSocket
const changed = (deployment: string) => ({ type: 'deployment', deployment, status: 'running', error: null })

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('document', { addEventListener: () => undefined })
  sockets = []
  heard = []
  session = { hasEnded: false, renew: vi.fn(async () => undefined), check: vi.fn(async () => undefined) }
  live = new Live(() => {
    const socket = new FakeSocket()
    sockets.push(socket)
    return socket
  }, session as never)
  live.onEvent((event) => heard.push('deployment' in event ? event.deployment : event.type))
  live.onResync(() => heard.push('resync'))
  live.start()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Longer than any pause between two attempts. */
const wait = () => vi.advanceTimersByTimeAsync(13_000)

describe('the connection for events', () => {
  test('hands on what it hears, and asks to look again when it stands and when something was left out', () => {
    last().greet()
    last().say(changed('a'))
    last().say({ type: 'dropped', count: 3 })
    expect(live.state).toBe('open')
    expect(heard).toEqual(['resync', 'a', 'resync'])
  })

  test('comes back by itself, and then asks to look again', async () => {
    last().greet()
    last().end()
    expect(live.state).toBe('lost')
    await wait()
    expect(sockets).toHaveLength(2)
    last().greet()
    expect(live.state).toBe('open')
    expect(heard).toEqual(['resync', 'resync'])
    expect(session.check).not.toHaveBeenCalled()
  })

  test('that was refused asks whether the session goes on, and waits for the login before the next attempt', async () => {
    const login = Promise.withResolvers<void>()
    session.check.mockReturnValueOnce(login.promise)
    last().end()
    await wait()
    expect(session.check).toHaveBeenCalledOnce()
    expect(sockets).toHaveLength(1)
    login.resolve()
    await wait()
    expect(sockets).toHaveLength(2)
  })

  test('whose session ends waits for the login', async () => {
    const login = Promise.withResolvers<void>()
    session.renew.mockReturnValueOnce(login.promise)
    last().greet()
    last().end(4401)
    session.hasEnded = true
    live.hurry()
    await wait()
    expect(sockets).toHaveLength(1)
    session.hasEnded = false
    login.resolve()
    await wait()
    expect(sockets).toHaveLength(2)
  })

  test('is one: a hint while an attempt is under way closes that, and nothing of it is heard', async () => {
    last().greet()
    last().end()
    live.hurry()
    const first = last()
    live.hurry()
    expect(first.isClosed).toBe(true)
    last().greet()
    first.say(changed('of the old one'))
    first.end()
    await wait()
    expect(heard).toEqual(['resync', 'resync'])
    expect(live.state).toBe('open')
    expect(sockets).toHaveLength(3)
  })

  test('does not connect a second time when a hint came while it asked about the session', async () => {
    const answer = Promise.withResolvers<void>()
    session.check.mockReturnValueOnce(answer.promise)
    last().end()
    live.hurry()
    last().greet()
    answer.resolve()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(sockets).toHaveLength(2)
    expect(live.state).toBe('open')
  })

  test('that is silent for long is dead', async () => {
    last().greet()
    await vi.advanceTimersByTimeAsync(19_000)
    last().say(changed('a'))
    await vi.advanceTimersByTimeAsync(19_000)
    expect(live.state).toBe('open')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sockets[0]?.isClosed).toBe(true)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sockets).toHaveLength(2)
  })

  test('waits longer from attempt to attempt, ten seconds at most', async () => {
    const pauses: number[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      const before = sockets.length
      last().end()
      let ms = 0
      for (; sockets.length === before; ms += 50) await vi.advanceTimersByTimeAsync(50)
      pauses.push(ms)
    }
    expect(pauses[0]).toBeLessThanOrEqual(350)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(12_550)
    expect(pauses[7]).toBeGreaterThanOrEqual(7_500)
  })
})
