import type { LogLineView } from '../../../server/http/views.ts'
import { type ApiError, asApiError, isAbort } from '../api/client.ts'
import { getLog } from '../api/deployments.ts'
import { live } from '../state/live.svelte.ts'
import { session } from '../state/session.svelte.ts'
import type { Asked } from './download.ts'
import { type Ending, followLog } from './follow.ts'
import type { Log } from './log.svelte.ts'

const PAGE = 5000
/** Pages that are read together. */
const AT_ONCE = 5
const MAX_PAUSE_MS = 10_000
/** A container that has ended may be started again, by the engine too, of which nobody tells. */
const RETURN_MS = 3_000
const MAX_RETURN_MS = 30_000
/** Above every line's number. */
const END = Number.MAX_SAFE_INTEGER

/**
 * Fills a log: first the last page, so that there is something to see, then what was before it (of a build) and what
 * comes. After a break it goes on with the line after the last one; no line is missed, none comes twice.
 */
export class LogSource {
  state = $state<'loading' | 'live' | 'lost' | 'ended' | 'failed'>('loading')
  error = $state.raw<ApiError>()
  /** All earlier lines are there, too, as far as they are kept. */
  isWhole = $state(false)
  readonly #asked: Asked
  readonly #log: Log
  #over = new AbortController()
  /** Ends the wait of now, be it for lines or for the next attempt. */
  #wake: () => void = () => undefined
  #wantsAll = $state(false)

  constructor(asked: Asked, log: Log) {
    this.#asked = asked
    this.#log = log
  }

  /** Loads and follows. Answers the function that ends it. */
  start(): () => void {
    const over = new AbortController()
    this.#over = over
    const ends = [
      live.onResync(() => this.#wake()),
      live.onEvent((event) => {
        const isOurs = event.type === 'deployment' && event.deployment === this.#asked.id
        if (isOurs && this.state === 'ended') this.#wake()
      }),
      () => {
        over.abort()
        this.#wake()
      },
    ]
    void this.#run(over.signal)
    return () => ends.forEach((end) => void end())
  }

  /** Tries again after an error. */
  retry(): void {
    this.error = undefined
    this.state = 'loading'
    void this.#run(this.#over.signal)
  }

  /** Whether the lines before those that are here are being read. */
  get isReadingAll(): boolean {
    return this.#wantsAll
  }

  /** Reads a runtime log from its first line: numbers of lines read from the end cannot be joined to those before. */
  loadAll(): void {
    this.#wantsAll = true
    this.#wake()
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0, returns = 0; !signal.aborted; ) {
      const before = this.#log.buffer.last
      const ending = await this.#readAndFollow(signal)
      if (signal.aborted || ending === 'failed') return
      const hasNews = this.#log.buffer.last !== before
      returns = hasNews ? 0 : returns + 1
      failures = ending === 'lost' && !hasNews ? failures + 1 : 0
      if (ending === 'renew') await session.renew()
      else if (ending === 'over') await this.#pause('ended', Math.min(MAX_RETURN_MS, RETURN_MS * 2 ** returns))
      else if (ending === 'lost') await this.#pause('lost', Math.min(MAX_PAUSE_MS, 250 * 2 ** failures))
    }
  }

  async #readAndFollow(signal: AbortSignal): Promise<Ending | 'failed'> {
    try {
      do await this.#catchUp(signal)
      while (this.#wantsAll)
      signal.throwIfAborted()
      // A line that was read by now is not among what the socket sends: it begins after the last.
      const after = this.#log.buffer.last
      let opened: ReturnType<typeof setTimeout> | undefined
      const follow = followLog(this.#asked, after, {
        onOpen: () => {
          // One that is over says so at once: it shall not look live for a moment each time it is asked.
          opened = setTimeout(() => this.#isLive(), this.state === 'ended' ? 500 : 0)
        },
        onLines: (lines) => this.#log.append(lines),
      })
      this.#wake = () => follow.stop('again')
      const earlier = this.#readEarlier(signal).catch(() => follow.stop('lost'))
      const ending = await follow.ending
      clearTimeout(opened)
      await earlier
      return ending
    } catch (error) {
      return isAbort(error) ? 'lost' : this.#fail(asApiError(error))
    }
  }

  #isLive(): void {
    this.state = 'live'
    this.error = undefined
  }

  /** What the user can do something about is shown; what time heals is tried again. */
  #fail(error: ApiError): 'failed' | 'lost' {
    this.error = error
    if (error.status === 0 || error.status >= 500 || error.status === 429) return 'lost'
    this.state = 'failed'
    return 'failed'
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const { buffer } = this.#log
    if (this.#wantsAll) return this.#readFromFirst(signal)
    if (buffer.last === 0) return this.#readLatest(signal)
    if (this.#asked.kind === 'build') return this.#readOn(buffer.last, signal)
    // Of another container, and of one whose log was rotated, the last line we know is not there: begin anew.
    const { last } = buffer
    const { lines } = await this.#read({ after: last - 1, limit: PAGE }, signal)
    if (lines[0]?.seq !== last) return this.#replaceByLatest(signal)
    this.#log.append(lines)
    if (lines.length === PAGE) await this.#readOn(buffer.last, signal)
  }

  async #readLatest(signal: AbortSignal): Promise<void> {
    const isBuild = this.#asked.kind === 'build'
    const { lines } = await this.#read(isBuild ? { before: END, limit: PAGE } : { limit: PAGE }, signal)
    this.isWhole = lines.length < PAGE
    this.#log.append(lines)
  }

  async #replaceByLatest(signal: AbortSignal): Promise<void> {
    const { lines } = await this.#read({ limit: PAGE }, signal)
    // Of a container that is gone nothing can be read any more: what it printed stays on the page.
    if (lines.length === 0) return
    this.isWhole = lines.length < PAGE
    this.#log.replace(lines)
  }

  /** The page keeps what it shows until all is there. */
  async #readFromFirst(signal: AbortSignal): Promise<void> {
    this.state = 'loading'
    const all: LogLineView[] = []
    const take = (lines: LogLineView[]) => lines.forEach((it) => void all.push(it))
    await this.#readOn(1, signal, take)
    this.isWhole = true
    this.#wantsAll = false
    if (all.length > 0) this.#log.replace(all)
  }

  async #readOn(
    after: number,
    signal: AbortSignal,
    take = (lines: LogLineView[]): unknown => this.#log.append(lines),
  ): Promise<void> {
    for (let count = PAGE, from = after; count === PAGE; ) {
      const { lines, next } = await this.#read({ after: from, limit: PAGE }, signal)
      take(lines)
      count = lines.length
      from = next
    }
  }

  /** A build's lines are numbered without a gap: several pages before the first line can be asked for at once. */
  async #readEarlier(signal: AbortSignal): Promise<void> {
    const { buffer } = this.#log
    while (this.#asked.kind === 'build' && !this.isWhole && !signal.aborted) {
      const ends = Array.from({ length: AT_ONCE }, (_, index) => buffer.first - index * PAGE).filter((it) => it > 1)
      const pages = await Promise.all(ends.map((before) => this.#read({ before, limit: PAGE }, signal)))
      this.#log.prepend(pages.reverse().flatMap((it) => it.lines))
      this.isWhole = buffer.first <= 1 || buffer.isFull
    }
  }

  #read(
    range: { after?: number; before?: number; limit: number },
    signal: AbortSignal,
  ): Promise<{ lines: LogLineView[]; next: number }> {
    const { id, kind, release } = this.#asked
    return getLog(id, { kind, release, ...range }, signal)
  }

  /** Waits until the time is over, something hints that it is worth trying now, or the source was ended. */
  #pause(state: 'ended' | 'lost', ms: number): Promise<void> {
    this.state = state
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
