import type { FindingView } from '../../../server/http/views.ts'
import { examine, getHealth, repair } from '../api/machine.ts'
import { live } from '../state/live.svelte.ts'
import { Resource } from '../state/resource.svelte.ts'

/** A look asks the engine, nginx and Cloudflare: events cause one at most so often. */
const PAUSE_MS = 5000

/** What became of a remedy. */
export type Outcome = { finding: FindingView; ok: boolean; message: string }

/** What the doctor sees, and what its remedies have done since the page was opened. */
export class Doctor {
  readonly health = new Resource(getHealth)
  readonly examination = new Resource((signal) => examine(this.#isFresh, signal))
  isLooking = $state(false)
  /** Ids of the findings whose remedy is being applied. */
  repairing = $state.raw<ReadonlySet<string>>(new Set())
  outcomes = $state.raw<Outcome[]>([])
  readonly findings = $derived(this.examination.data?.findings ?? [])
  readonly done = $derived(this.outcomes.filter(({ ok }) => ok))
  #looked = 0
  #isFresh = false
  #planned: ReturnType<typeof setTimeout> | undefined

  /** Looks, and looks again after what changes something. Answers the function that ends it. */
  start(): () => void {
    void this.look()
    const ends = [
      live.onResync(() => void this.look()),
      live.onEvent(({ type }) => {
        if (type === 'repaired' || type === 'deployment' || type === 'deleted') this.#lookSoon()
      }),
    ]
    return () => {
      for (const end of ends) end()
      clearTimeout(this.#planned)
      this.health.stop()
      this.examination.stop()
    }
  }

  /** `isFresh` where somebody asked for it: what Cloudflare said a minute ago does not count then. */
  async look(isFresh = false): Promise<void> {
    clearTimeout(this.#planned)
    this.#planned = undefined
    this.#looked = Date.now()
    this.isLooking = true
    this.#isFresh = isFresh
    await Promise.all([this.health.refresh(), this.examination.refresh()])
    this.isLooking = false
  }

  /** What came of the last attempt at this finding, if it failed. */
  failureOf(id: string): Outcome | undefined {
    return this.outcomes.find((it) => it.finding.id === id && !it.ok)
  }

  /** Applies the remedies of these findings, then looks again. @throws ApiError when nothing was tried */
  async repair(findings: FindingView[]): Promise<void> {
    const ids = findings.map(({ id }) => id)
    this.repairing = new Set([...this.repairing, ...ids])
    try {
      const { repaired, failed } = await repair(ids)
      const reasons = new Map(failed.map(({ id, message }) => [id, message]))
      const fresh = findings
        .filter(({ id }) => repaired.includes(id) || reasons.has(id))
        .map((finding) => ({ finding, ok: !reasons.has(finding.id), message: reasons.get(finding.id) ?? '' }))
      this.outcomes = [...this.outcomes.filter((it) => !ids.includes(it.finding.id)), ...fresh]
    } finally {
      await this.look()
      this.repairing = new Set([...this.repairing].filter((id) => !ids.includes(id)))
    }
  }

  #lookSoon(): void {
    this.#planned ??= setTimeout(() => void this.look(), Math.max(300, this.#looked + PAUSE_MS - Date.now()))
  }
}
