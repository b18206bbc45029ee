/** Cuts what comes into chunks of `size`; the first one is of `firstSize`. The last may be shorter, and is known to be the last. */
export async function* readInChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  firstSize = size,
): AsyncGenerator<{ chunk: Buffer; isLast: boolean }> {
  let parts: Uint8Array[] = []
  let held = 0
  let wanted = firstSize
  for await (const part of source) {
    parts.push(part)
    held += part.length
    // One byte more has to be there: only then is it known that the chunk is not the last.
    while (held > wanted) {
      const whole = joined(parts)
      const chunk = whole.subarray(0, wanted)
      parts = [whole.subarray(wanted)]
      held -= wanted
      yield { chunk, isLast: false }
      wanted = size
    }
  }
  yield { chunk: joined(parts), isLast: true }
}

/** One part is not copied. */
function joined(parts: Uint8Array[]): Buffer {
  const [first] = parts
  if (parts.length !== 1 || first === undefined) return Buffer.concat(parts)
  return Buffer.from(first.buffer, first.byteOffset, first.length)
}

/** So long may a line be: what has no end for longer is no text. */
const MOST_LINE = 1024

/** The first line of what comes, without its end, and what came after it; undefined when there is none. */
export async function takeLine(
  input: AsyncIterator<Uint8Array>,
  before: Uint8Array,
): Promise<{ line: string; rest: Uint8Array } | undefined> {
  let held = Buffer.from(before)
  for (;;) {
    const end = held.indexOf(0x0a)
    if (end >= 0 && end <= MOST_LINE) return { line: held.toString('latin1', 0, end), rest: held.subarray(end + 1) }
    const next = held.length > MOST_LINE ? undefined : await input.next()
    if (next === undefined || next.done) return undefined
    held = Buffer.concat([held, next.value])
  }
}
