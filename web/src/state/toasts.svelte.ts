import { asApiError } from '../api/client.ts'

export type Toast = {
  id: number
  tone: 'ok' | 'bad' | 'info'
  text: string
  hint?: string
  action?: { label: string; href: string }
}

const STAY_MS = 6000
const FAREWELL = 'slipway.farewell'

/** Short messages in the corner. Errors stay until they are closed. */
class Toasts {
  all = $state<Toast[]>([])
  #last = 0

  constructor() {
    const farewell = sessionStorage.getItem(FAREWELL)
    sessionStorage.removeItem(FAREWELL)
    if (farewell !== null) this.show('ok', farewell)
  }

  /** Answers the number to close it by. */
  show(tone: Toast['tone'], text: string, more: Pick<Toast, 'hint' | 'action'> = {}): number {
    this.#last += 1
    const id = this.#last
    this.all.push({ id, tone, text, ...more })
    if (tone !== 'bad') setTimeout(() => this.close(id), STAY_MS)
    return id
  }

  /** For what ends with a fresh load of the page: says there that it is done. */
  showAfterReload(text: string): void {
    sessionStorage.setItem(FAREWELL, text)
  }

  /** Says why something could not be done. */
  fail(error: unknown): void {
    const { message, hint } = asApiError(error)
    this.show('bad', message, hint === undefined ? {} : { hint })
  }

  close(id: number): void {
    this.all = this.all.filter((it) => it.id !== id)
  }
}

export const toasts = new Toasts()
