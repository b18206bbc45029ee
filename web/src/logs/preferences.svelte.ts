const KEY = 'slipway.logs'
type Kept = { wrap?: boolean; times?: boolean }

function stored(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? kept : {}
  } catch {
    // What cannot be read was not written by us; the next choice replaces it.
    return {}
  }
}

/** How logs are shown, kept in this browser. */
class Preferences {
  #wrap = $state(stored().wrap === true)
  #times = $state(stored().times === true)

  get wrap(): boolean {
    return this.#wrap
  }
  set wrap(value: boolean) {
    this.#wrap = value
    this.#keep()
  }
  get times(): boolean {
    return this.#times
  }
  set times(value: boolean) {
    this.#times = value
    this.#keep()
  }

  #keep(): void {
    localStorage.setItem(KEY, JSON.stringify({ wrap: this.#wrap, times: this.#times }))
  }
}

export const preferences = new Preferences()
