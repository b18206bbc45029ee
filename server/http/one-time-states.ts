import { randomBytes } from 'node:crypto'

const LIFE_MS = 10 * 60_000
/** Older ones give way. */
const MOST = 100

/** Words that go out with a browser and come back with it: each works once, for who took it, for ten minutes. */
export type OneTimeStates = {
  issue(owner: string): string
  /** Whether the owner took it, and has not used it yet. */
  redeem(state: string, owner: string): boolean
}

export function createOneTimeStates(now: () => number = Date.now): OneTimeStates {
  const issued = new Map<string, { owner: string; endsAt: number }>()
  return {
    issue(owner) {
      const state = randomBytes(24).toString('base64url')
      issued.set(state, { owner, endsAt: now() + LIFE_MS })
      for (const oldest of issued.keys()) {
        if (issued.size <= MOST) break
        issued.delete(oldest)
      }
      return state
    },
    redeem(state, owner) {
      const found = issued.get(state)
      if (!found || found.owner !== owner) return false
      issued.delete(state)
      return found.endsAt > now()
    },
  }
}
