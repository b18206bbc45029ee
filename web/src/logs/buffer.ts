import { indexOfSeq, type Line } from './line.ts'

/** More lines would cost the browser hundreds of megabytes; the oldest go, the download has them. */
const MOST_LINES = 200_000
/** They go some thousands at once: taking one from the front of a long list moves all others. */
const SLACK = 5_000

/** The newest lines of a log in order, each once. Plain data: nothing in it is reactive. */
export class Buffer {
  lines: Line[] = []
  /** How many have been let go. */
  cut = 0
  /** Characters of the longest line there was. */
  longest = 0
  #most: number

  constructor(most = MOST_LINES) {
    this.#most = most
  }

  get first(): number {
    return this.lines[0]?.seq ?? 0
  }
  get last(): number {
    return this.lines.at(-1)?.seq ?? 0
  }
  get isFull(): boolean {
    return this.lines.length >= this.#most
  }

  /** Adds what is new of these and answers it. */
  append(lines: readonly Line[]): readonly Line[] {
    const added = lines.slice(indexOfSeq(lines, this.last + 1))
    this.#measure(added)
    for (const line of added) this.lines.push(line)
    if (this.lines.length > this.#most + SLACK) this.cut += this.lines.splice(0, this.lines.length - this.#most).length
    return added
  }

  /** Puts earlier lines in front, as far as there is room. */
  prepend(lines: readonly Line[]): void {
    const earlier = this.lines.length === 0 ? lines : lines.slice(0, indexOfSeq(lines, this.first))
    this.#measure(earlier)
    const room = Math.max(0, this.#most - this.lines.length)
    this.lines = [...earlier.slice(Math.max(0, earlier.length - room)), ...this.lines]
    this.cut += Math.max(0, earlier.length - room)
  }

  clear(): void {
    this.lines = []
    this.cut = 0
    this.longest = 0
  }

  #measure(lines: readonly Line[]): void {
    for (const { length } of lines) this.longest = Math.max(this.longest, length)
  }
}
