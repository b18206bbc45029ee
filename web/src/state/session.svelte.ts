import type { UserView } from '../../../server/http/views.ts'
import { ApiError, onSessionEnd } from '../api/client.ts'
import * as api from '../api/session.ts'
import { toasts } from './toasts.svelte.ts'

/** Who is logged in. When the session ends, a dialog asks for the password over the page, which keeps all it holds. */
class Session {
  user = $state.raw<UserView>()
  /** True while the dialog is open. */
  hasEnded = $state(false)
  /** True while the user ends the session on purpose: then it is no surprise that it ends. */
  isLeaving = false
  #renewal: PromiseWithResolvers<void> | undefined

  constructor() {
    onSessionEnd(() => this.renew())
  }

  /** True when there is a session; called once, before the first page. @throws ApiError when Slipway does not answer */
  async resume(): Promise<boolean> {
    onSessionEnd(() => Promise.reject(new ApiError(401, { code: 'unauthenticated', message: 'Log in first.' })))
    try {
      this.user = (await api.verify()).user
      return true
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') return false
      throw error
    } finally {
      onSessionEnd(() => this.renew())
    }
  }

  /** Opens the dialog and waits until somebody has logged in. All that wait go on together. */
  renew(): Promise<void> {
    this.hasEnded = true
    this.#renewal ??= Promise.withResolvers()
    return this.#renewal.promise
  }

  /** @throws ApiError invalid_credentials, too_many_attempts */
  async login(username: string, password: string): Promise<void> {
    const before = this.user?.id
    await api.login(username, password)
    this.user = (await api.verify()).user
    // What another user typed or saw is none of this one's business.
    if (before !== undefined && before !== this.user.id) location.assign('/')
    this.hasEnded = false
    this.#renewal?.resolve()
    this.#renewal = undefined
  }

  /** Ends the session and leaves for the login page. */
  logout(): Promise<void> {
    return this.leaveBy(api.logout)
  }

  /**
   * Does what ends this session, then leaves for the login page without asking for the password on the way; a fresh load
   * forgets all that was shown. `farewell` is said there. @throws what `work` throws; the session goes on then
   */
  async leaveBy(work: () => Promise<void>, farewell?: string): Promise<void> {
    this.isLeaving = true
    try {
      await work()
    } catch (error) {
      this.isLeaving = false
      throw error
    }
    if (farewell !== undefined) toasts.showAfterReload(farewell)
    location.assign('/login')
  }
}

export const session = new Session()
