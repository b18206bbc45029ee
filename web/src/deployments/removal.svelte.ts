import type { LedgerView, ReceiptView } from '../../../server/http/views.ts'
import { type ApiError, asApiError } from '../api/client.ts'
import { getLedger, getReceipt } from '../api/deployments.ts'
import { live } from '../state/live.svelte.ts'
import { type Resource, useResource } from '../state/resource.svelte.ts'
import { keyOf } from './ledger.ts'

/** How the ledger writes down that a volume was let be. */
const isKept = ({ state, error }: Pick<LedgerView, 'state' | 'error'>) => state === 'removed' && error === 'kept'
const LASTING = new Set(['image', 'volume'])

/** As the ledger has it; `kept` is what outlives the app, by its owner's choice. */
export type Thing = Omit<Entry, 'state'> & { state: LedgerView['state'] | 'kept' }
type Entry = Pick<LedgerView, 'release' | 'kind' | 'name' | 'state' | 'at' | 'error'>

/** A deployment on its way out: what stood when one began to look, how far each of it is, and the receipt in the end. */
export class Going {
  readonly ledger: Resource<LedgerView[]>
  receipt = $state.raw<ReceiptView>()
  error = $state.raw<ApiError>()
  /** States heard of since the ledger was read, by release and step. */
  #heard = $state.raw<Map<string, LedgerView['state']>>(new Map())
  #stood: Set<string> | undefined
  readonly #id: string
  readonly #keepsVolumes: () => boolean

  /** Call it while a component is made. */
  constructor(id: string, keepsVolumes: () => boolean) {
    this.#id = id
    this.#keepsVolumes = keepsVolumes
    this.ledger = useResource(
      () => (signal) => this.#read(signal),
      (event) => (event.type === 'step' || event.type === 'deployment') && event.deployment === id,
    )
    $effect(() =>
      live.onEvent((event) => {
        if (event.type === 'deleted' && event.deployment === id) void this.#finish()
        if (event.type === 'step' && event.deployment === id) this.#hear(event)
      }),
    )
    $effect(() => {
      if (this.ledger.error?.status === 404) void this.#finish()
    })
  }

  /** In the order they go: backwards, what may outlive a release last. */
  get things(): Thing[] {
    const stood = (this.ledger.data ?? []).filter((it) => this.#stood?.has(keyOf(it))).toReversed()
    return stood
      .sort((a, b) => Number(LASTING.has(a.kind)) - Number(LASTING.has(b.kind)))
      .map((it) => ({ ...it, ...this.#now(it) }))
  }

  async #read(signal: AbortSignal): Promise<LedgerView[]> {
    const entries = await getLedger(this.#id, signal)
    this.#stood ??= new Set(entries.filter((it) => it.state !== 'removed').map(keyOf))
    this.#heard = new Map()
    return entries
  }

  #hear({ release, step, state }: { release: number; step: string; state: string }): void {
    if (state !== 'undoing' && state !== 'undone') return
    this.#heard = new Map(this.#heard).set(`${release} ${step}`, state === 'undone' ? 'removed' : 'removing')
  }

  /** The receipt has the last word. What becomes of a volume is not in an event, so that one waits for the ledger. */
  #now(entry: LedgerView): Pick<Thing, 'state' | 'error'> {
    const written = this.receipt?.entries.find((it) => keyOf(it) === keyOf(entry))
    if (written) return { state: written.kept ? 'kept' : 'removed' }
    if (isKept(entry) || (entry.kind === 'volume' && this.#keepsVolumes())) return { state: 'kept' }
    const heard = this.#heard.get(`${entry.release} ${entry.step}`)
    if (!heard || (heard === 'removed' && entry.kind === 'volume')) return entry
    return { state: heard }
  }

  async #finish(): Promise<void> {
    if (this.receipt) return
    try {
      this.receipt = await getReceipt(this.#id)
    } catch (error) {
      this.error = asApiError(error)
    }
  }
}
