import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ApiError, request } from '../../web/src/api/client.ts'
import { Session } from '../../web/src/state/session.svelte.ts'

const refused = () => new ApiError(401, { code: 'unauthenticated', message: 'Log in first.' })
const silent = () => new ApiError(0, { code: 'unreachable', message: 'Slipway does not answer.' })

/** The cookie and the windows of one browser. */
let cookie: string | undefined
let keepsCookie: boolean
let windows: { postMessage: (message: unknown) => void; onmessage: ((event: never) => void) | null }[]

beforeEach(() => {
  vi.useFakeTimers()
  cookie = undefined
  keepsCookie = true
  windows = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function openWindow() {
  const left: string[] = []
  const api = {
    verify: vi.fn(async () => {
      if (cookie === undefined) throw refused()
      return { user: { id: cookie, username: cookie }, expiresAt: null, scope: 'write' as const }
    }),
    login: vi.fn(async (username: string) => {
      if (keepsCookie) cookie = username
      return { token: '', expiresAt: '', user: { id: username, username } }
    }),
    logout: vi.fn(async () => {
      if (cookie === undefined) throw refused()
      cookie = undefined
    }),
  }
  const channel: (typeof windows)[number] = {
    onmessage: null,
    postMessage: () => {
      for (const it of windows) if (it !== channel) it.onmessage?.({} as never)
    },
  }
  windows.push(channel)
  const session = new Session({ api, leaveFor: (address) => left.push(address), windows: () => channel as never })
  return { session, api, left }
}
const settle = () => vi.advanceTimersByTimeAsync(10)

describe('a session', () => {
  test('is gone on with, if there is one', async () => {
    expect(await openWindow().session.resume()).toBe(false)
    cookie = 'admin'
    const { session } = openWindow()
    expect(await session.resume()).toBe(true)
    expect(session.user?.username).toBe('admin')
  })

  test('whose cookie the browser does not keep is no login, and the login says so', async () => {
    keepsCookie = false
    const { session } = openWindow()
    await session.resume()
    await expect(session.login('admin', 'right')).rejects.toMatchObject({ code: 'cookie_refused' })
    expect(session.user).toBeUndefined()
  })

  test('that has ended is renewed by a login, for all that wait', async () => {
    cookie = 'admin'
    const { session } = openWindow()
    await session.resume()
    cookie = undefined
    const waiting = [session.check(), session.renew()]
    await settle()
    expect(session.hasEnded).toBe(true)
    await session.login('admin', 'right')
    await Promise.all(waiting)
    expect(session.hasEnded).toBe(false)
  })

  test('is not taken for ended when the server does not answer', async () => {
    const { session, api } = openWindow()
    api.verify.mockRejectedValueOnce(silent())
    await session.check()
    expect(session.hasEnded).toBe(false)
  })

  test('that is renewed in one window is renewed in the others', async () => {
    cookie = 'admin'
    const [first, second] = [openWindow(), openWindow()]
    await Promise.all([first.session.resume(), second.session.resume()])
    cookie = undefined
    const waiting = second.session.renew()
    void first.session.renew()
    await first.session.login('admin', 'right')
    await waiting
    expect(second.session.hasEnded).toBe(false)
  })

  test('of another user loads the other windows anew, and gives nothing to them before', async () => {
    cookie = 'admin'
    const [first, second] = [openWindow(), openWindow()]
    await Promise.all([first.session.resume(), second.session.resume()])
    let isRenewed = false
    void second.session.renew().then(() => {
      isRenewed = true
    })
    await first.session.login('somebody-else', 'right')
    await settle()
    expect([first.left, second.left]).toEqual([['/'], ['/']])
    expect(isRenewed).toBe(false)
  })

  test('is left without a question, also when it had ended', async () => {
    for (cookie of ['admin', undefined]) {
      const { session, left } = openWindow()
      await session.logout()
      void session.renew()
      expect(left).toEqual(['/login'])
      expect(session.hasEnded).toBe(false)
    }
  })

  test('asks for the password when the page was not left after all', async () => {
    cookie = 'admin'
    const { session } = openWindow()
    await session.resume()
    await session.logout()
    await vi.advanceTimersByTimeAsync(4000)
    expect(session.hasEnded).toBe(true)
  })

  test('goes on when what should end it fails; who was refused meanwhile waits for a login', async () => {
    const { session, left } = openWindow()
    const failing = session.leaveBy(async () => {
      void session.renew()
      throw silent()
    })
    await expect(failing).rejects.toMatchObject({ code: 'unreachable' })
    expect(session.hasEnded).toBe(true)
    expect(left).toEqual([])
  })

  test('that had ended before it could be ended on purpose is renewed first, and the work done then', async () => {
    const { session, left } = openWindow()
    await session.resume()
    const work = vi.fn(async () => {
      if (cookie === undefined) throw refused()
    })
    const leaving = session.leaveBy(work)
    await settle()
    expect(session.hasEnded).toBe(true)
    await session.login('admin', 'right')
    await leaving
    expect(work).toHaveBeenCalledTimes(2)
    expect(left).toEqual(['/login'])
  })

  test('lets a refused request wait, and sends it again after the login', async () => {
    vi.stubGlobal('location', { origin: 'http://127.0.0.1' })
    vi.stubGlobal('fetch', async () =>
      cookie === undefined
        ? Response.json({ code: 'unauthenticated', message: 'Log in first.' }, { status: 401 })
        : Response.json({ answer: 42 }),
    )
    const { session } = openWindow()
    await session.resume()
    await expect(request('POST', '/api/x', { renews: false })).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(session.hasEnded).toBe(false)
    const answer = request('GET', '/api/x')
    await settle()
    expect(session.hasEnded).toBe(true)
    await session.login('admin', 'right')
    expect(await answer).toEqual({ answer: 42 })
  })
})
