import type { UserView } from '../../../server/http/views.ts'
import { ApiError, isUnauthenticated, onSessionEnd } from '../api/client.ts'
import * as api from '../api/session.ts'
import { toasts } from './toasts.svelte.ts'

/** What the session needs of the world. */
export type Outside = {
  api: Pick<typeof api, 'verify' | 'login' | 'logout'>
  /** Loads another page of ours anew: what was shown is forgotten. */
  leaveFor: (address: string) => void
  /** Reaches the other windows of this browser. */
  windows: () => Pick<BroadcastChannel, 'postMessage' | 'onmessage'>
}

const CHECK_MS = 10_000
/** A page that is still here so long after it was left was kept: the user did not want to lose what it holds. */
const LEAVING_MS = 3000

/** Who is logged in. When the session ends, a dialog asks for the password over the page, which keeps all it holds. */
export class Session {
  user = $state.raw<UserView>()
  /** True while the dialog is open. */
  hasEnded = $state(false)
  readonly #outside: Outside
  #windows: ReturnType<Outside['windows']> | undefined
  #renewal: PromiseWithResolvers<void> | undefined
  /** True while the user ends the session on purpose: then it is no surprise that it ends. */
  #isLeaving = false

  constructor(outside: Outside) {
    this.#outside = outside
  }

  /** True when there is a session; asked before the first page. @throws ApiError when Slipway does not answer */
  async resume(): Promise<boolean> {
    onSessionEnd(() => this.renew())
    this.#windows ??= this.#listen()
    const user = await this.#whoIsIn()
    if (user) this.#enter(user)
    return user !== undefined
  }

  /** Opens the dialog and waits until somebody has logged in, here or in another window. All that wait go on together. */
  renew(): Promise<void> {
    if (!this.#isLeaving) this.hasEnded = true
    this.#renewal ??= Promise.withResolvers()
    return this.#renewal.promise
  }

  /** Asks whether the session goes on, and waits for a login if it does not. Without an answer nothing is known. */
  async check(): Promise<void> {
    try {
      await this.#outside.api.verify(AbortSignal.timeout(CHECK_MS))
    } catch (error) {
      if (isUnauthenticated(error)) return this.renew()
      if (!(error instanceof ApiError)) throw error
    }
  }

  /** @throws ApiError invalid_credentials, too_many_attempts, cookie_refused */
  async login(username: string, password: string): Promise<void> {
    await this.#outside.api.login(username, password)
    const user = await this.#whoIsIn()
    if (!user) throw cookieRefused()
    this.#enter(user)
    this.#windows?.postMessage('login')
  }

  /** Ends the session, if it has not ended by itself, and leaves for the login page. */
  logout(): Promise<void> {
    return this.leaveBy(async () => {
      try {
        await this.#outside.api.logout()
      } catch (error) {
        if (!isUnauthenticated(error)) throw error
      }
    })
  }

  /**
   * Does what ends this session, then leaves for the login page without asking for the password on the way; a fresh load
   * forgets all that was shown. `farewell` is said there. Where the session had ended before the work could be done, it is
   * done after the next login. @throws what `work` throws; the session goes on then
   */
  async leaveBy(work: () => Promise<void>, farewell?: string): Promise<void> {
    this.#isLeaving = true
    try {
      await work()
    } catch (error) {
      this.#stay()
      if (!isUnauthenticated(error)) throw error
      await this.renew()
      return this.leaveBy(work, farewell)
    }
    if (farewell !== undefined) toasts.showAfterReload(farewell)
    this.#outside.leaveFor('/login')
    setTimeout(() => {
      this.#stay()
      void this.renew()
    }, LEAVING_MS)
  }

  /** Whoever was refused while the session was being ended waits for a login as well. */
  #stay(): void {
    this.#isLeaving = false
    if (this.#renewal) this.hasEnded = true
  }

  /** @throws ApiError when Slipway does not answer */
  async #whoIsIn(): Promise<UserView | undefined> {
    try {
      return (await this.#outside.api.verify()).user
    } catch (error) {
      if (isUnauthenticated(error)) return undefined
      throw error
    }
  }

  #enter(user: UserView): void {
    // What another user typed or saw is none of this one's business.
    if (this.user !== undefined && this.user.id !== user.id) {
      this.#outside.leaveFor('/')
      return
    }
    this.user = user
    this.hasEnded = false
    this.#renewal?.resolve()
    this.#renewal = undefined
  }

  /** The cookie belongs to the whole browser: a login in one window is one in all. */
  #listen(): ReturnType<Outside['windows']> {
    const windows = this.#outside.windows()
    windows.onmessage = () =>
      void this.#whoIsIn().then(
        (user) => user && this.#enter(user),
        // Slipway does not answer this window: its own form is still there.
        (error) => {
          if (!(error instanceof ApiError)) throw error
        },
      )
    return windows
  }
}

const cookieRefused = () =>
  new ApiError(401, {
    code: 'cookie_refused',
    message:
      'The password is right, but your browser did not keep the cookie of the login. Open Slipway at exactly the ' +
      'address in SLIPWAY_PUBLIC_URL (with https, if it says so), and allow cookies for it.',
  })

export const session = new Session({
  api,
  leaveFor: (address) => location.assign(address),
  windows: () => new BroadcastChannel('slipway.session'),
})
