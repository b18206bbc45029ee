import { emptySettings } from './build-settings.ts'
import { type Draft, emptyDraft } from './new-app.ts'

const KEY = 'slipway.new'

/**
 * The form of a new app, kept in this tab until it is sent, so that leaving the page by mistake costs nothing and asks
 * nothing. Values of secrets are not kept (they are undefined then, and asked for again), and `user` is the only one who
 * is shown it.
 */
export function saveDraft(draft: Draft, user: string): void {
  const env = draft.env.map((it) => (it.secret && it.value !== '' ? { ...it, value: undefined } : it))
  sessionStorage.setItem(KEY, JSON.stringify({ user, draft: { ...draft, env } }))
}

/** The draft that `user` left; undefined when there is none. */
export function loadDraft(user: string): Draft | undefined {
  const stored = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { user: string; draft: Draft } | null
  // An update of Slipway may have given the form more fields since.
  if (stored?.user === user)
    return { ...emptyDraft(), ...stored.draft, settings: { ...emptySettings(), ...stored.draft.settings } }
  forgetDraft()
  return undefined
}

export const forgetDraft = () => sessionStorage.removeItem(KEY)
