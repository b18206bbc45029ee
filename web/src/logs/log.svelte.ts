import type { LogLineView } from '../../../server/http/views.ts'
import { printable } from './ansi.ts'
import { Buffer } from './buffer.ts'
import { matcherOf } from './highlight.ts'
import { indexOfSeq, type Line, makeLine } from './line.ts'

/** How long one slice of a search may hold up the page, and how often the clock is asked. */
const SLICE_MS = 8
const STRIDE = 256

/**
 * A log as it is shown: its lines, filtered and searched. The lines are plain arrays; `version` says that they changed,
 * and what shows them reads it.
 */
export class Log {
  version = $state(0)
  /** Whether the view stays at the end, and how many lines came since it does not. */
  following = $state(true)
  unseen = $state(0)
  /** The line to bring into view; a new object each time, so that asking twice works. */
  target = $state.raw<{ seq: number }>()
  readonly buffer = new Buffer()
  #query = $state('')
  #problemsOnly = $state(false)
  #matchingOnly = $state(false)
  #current = $state.raw<number>()
  readonly matcher = $derived(matcherOf(this.#query))
  #problems: Line[] = []
  #matches: Line[] = []
  /** Up to where has been searched, and from where the first hit is wanted. */
  #searched = 0
  #wantedFrom: number | undefined
  /** The highest number there ever was: lines below it are no news, whenever they are read. */
  #newest = 0
  #slice: ReturnType<typeof setTimeout> | undefined

  /** The lines to show. Read `version` to hear of changes. */
  get shown(): readonly Line[] {
    return this.#matchingOnly && this.matcher ? this.#matches : this.#base
  }
  get #base(): Line[] {
    return this.#problemsOnly ? this.#problems : this.buffer.lines
  }

  append(lines: readonly LogLineView[]): void {
    const added = this.buffer.append(lines.map(makeLine))
    if (added.length === 0) return
    if (!this.following) this.unseen += added.length - indexOfSeq(added, this.#newest + 1)
    this.#newest = Math.max(this.#newest, this.buffer.last)
    if (this.#problemsOnly) this.#problems.push(...added.filter((it) => it.severity))
    for (const list of [this.#problems, this.#matches]) list.splice(0, indexOfSeq(list, this.buffer.first))
    this.#search()
  }

  prepend(lines: readonly LogLineView[]): void {
    this.buffer.prepend(lines.map(makeLine))
    this.#refilter()
  }

  /** Puts these lines in the place of all there are, without a moment in which there are none. */
  replace(lines: readonly LogLineView[]): void {
    this.buffer.clear()
    this.append(lines)
    this.#refilter()
  }

  /** The number of the last line that has this number, or this text in it. */
  lineOf(wanted: string | number): number | undefined {
    const { lines } = this.buffer
    const line =
      typeof wanted === 'number'
        ? lines[indexOfSeq(lines, wanted)]
        : lines.findLast(({ text }) => printable(text).includes(wanted))
    return typeof wanted === 'number' && line?.seq !== wanted ? undefined : line?.seq
  }

  /** Ends what still runs. */
  stop(): void {
    clearTimeout(this.#slice)
  }

  follow(): void {
    this.following = true
    this.unseen = 0
  }

  unfollow(): void {
    this.following = false
  }

  /** Brings a line into view, also one that a filter hides: the filters go then. */
  show(seq: number): void {
    if (this.shown[indexOfSeq(this.shown, seq)]?.seq !== seq) {
      this.#matchingOnly = false
      this.problemsOnly = false
    }
    this.following = false
    this.target = { seq }
  }

  get problemsOnly(): boolean {
    return this.#problemsOnly
  }
  set problemsOnly(value: boolean) {
    this.#problemsOnly = value
    this.#refilter()
  }

  get matchingOnly(): boolean {
    return this.#matchingOnly
  }
  set matchingOnly(value: boolean) {
    this.#matchingOnly = value
    this.version += 1
  }

  get query(): string {
    return this.#query
  }

  /** Looks for `query`; the first match at or below the line `from` becomes the current one. */
  find(query: string, from: number): void {
    this.#query = query
    this.#current = undefined
    this.#wantedFrom = query === '' ? undefined : from
    this.#refilter()
  }

  /** The number of the line that is the current match. */
  get current(): number | undefined {
    return this.#current
  }

  /** How many lines match, and which of them is the current one, counted from 1. */
  get found(): { count: number; position: number } {
    void this.version
    const position = this.#current === undefined ? 0 : indexOfSeq(this.#matches, this.#current) + 1
    return { count: this.#matches.length, position }
  }

  /** Goes to the next match or, with -1, the one before; from the last on to the first. */
  step(by: 1 | -1): void {
    const { count, position } = this.found
    const line = this.#matches[(position - 1 + by + count) % count]
    if (line) this.#select(line)
  }

  #select({ seq }: Line): void {
    this.#wantedFrom = undefined
    this.#current = seq
    this.show(seq)
  }

  #refilter(): void {
    this.#problems = this.#problemsOnly ? this.buffer.lines.filter((it) => it.severity) : []
    this.#matches = []
    this.#searched = 0
    this.#search()
  }

  /** Searches on for one slice, then lets the page breathe. */
  #search(): void {
    clearTimeout(this.#slice)
    const { matcher } = this
    if (matcher && !this.#searchSlice(matcher)) this.#slice = setTimeout(() => this.#search())
    this.version += 1
  }

  /** True when nothing is left to search. */
  #searchSlice(matcher: RegExp): boolean {
    const lines = this.#base
    const until = performance.now() + SLICE_MS
    let at = indexOfSeq(lines, this.#searched + 1)
    for (; at < lines.length && (at % STRIDE !== 0 || performance.now() < until); at++) {
      const line = lines[at] as Line
      if (printable(line.text).search(matcher) >= 0) this.#matches.push(line)
      this.#searched = line.seq
    }
    this.#selectWanted(at >= lines.length)
    return at >= lines.length
  }

  #selectWanted(isOver: boolean): void {
    if (this.#wantedFrom === undefined) return
    const below = this.#matches[indexOfSeq(this.#matches, this.#wantedFrom)]
    const wanted = below ?? (isOver ? this.#matches.at(-1) : undefined)
    if (wanted) this.#select(wanted)
  }
}
