import { asApiError } from '../api/client.ts'

export type Toast = {
  id: number
  tone: 'ok' | 'bad' | 'info'
  text: string
  hint?: string
  /** A link, or something to do. */
  action?: { label: string } & ({ href: string } | { run: () => void })
}

const STAY_MS = 6000
/** There is more to do than to read. */
const ACTION_STAY_MS = 20_000
const MOST = 5
const FAREWELL = 'slipway.farewell'

/** Short messages in the corner. Errors stay until they are closed, the others while they are used. */
export class Toasts {
  all = $state.raw<Toast[]>([])
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()
  #isHeld = false
  #last = 0

  /** Says what was left to be said when the page before ended. */
  greet(): void {
    const farewell = sessionStorage.getItem(FAREWELL)
    sessionStorage.removeItem(FAREWELL)
    if (farewell !== null) this.show('ok', farewell)
  }

  /** Answers the number to close it by. The oldest makes room; the same said again takes the place of the first. */
  show(tone: Toast['tone'], text: string, more: Pick<Toast, 'hint' | 'action'> = {}): number {
    this.#last += 1
    const toast = { id: this.#last, tone, text, ...more }
    const others = this.all.filter((it) => it.tone !== tone || it.text !== text || it.hint !== more.hint)
    this.all = [...others, toast].slice(-MOST)
    if (!this.#isHeld) this.#startTimer(toast)
    return toast.id
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
    this.#stopTimer(id)
    this.all = this.all.filter((it) => it.id !== id)
  }

  /** None goes by itself while the pointer or the focus is on one. */
  hold(): void {
    this.#isHeld = true
    for (const { id } of this.all) this.#stopTimer(id)
  }

  /** Each has its whole time again. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    for (const toast of this.all) this.#startTimer(toast)
  }

  #startTimer({ id, tone, action }: Toast): void {
    if (tone === 'bad') return
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), action ? ACTION_STAY_MS : STAY_MS),
    )
  }

  #stopTimer(id: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }
}

export const toasts = new Toasts()
