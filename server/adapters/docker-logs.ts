import type { Readable } from 'node:stream'

export type Frame = { stream: 'stdout' | 'stderr'; data: Buffer }

const HEADER = 8
/** One frame of the engine is at most 16 KiB of one write; anything far larger is not a log stream. */
const MAX_FRAME = 16 * 1024 * 1024

/**
 * Splits the engine's multiplexed stream into frames, iteratively and at the reader's pace: docker-modem's own
 * demuxStream recurses per frame and ignores back-pressure.
 * Format: 1 byte stream, 3 zero, 4 bytes length, payload (Docker Engine API, "Attach to a container").
 */
export async function* demultiplex(source: Readable): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let at = 0
    while (rest.length - at >= HEADER) {
      const length = rest.readUInt32BE(at + 4)
      if (length > MAX_FRAME) throw new Error(`A log frame of ${length} bytes is not believable`)
      if (rest.length - at - HEADER < length) break
      const data = rest.subarray(at + HEADER, at + HEADER + length)
      yield { stream: rest[at] === 2 ? 'stderr' : 'stdout', data }
      at += HEADER + length
    }
    rest = rest.subarray(at)
  }
}

export type RuntimeLine = { seq: number; at: string; stream: 'stdout' | 'stderr'; text: string }

/** Longest line that is handed on; the rest of it is cut. */
const MAX_LINE = 16 * 1024

/**
 * Log lines with their time. `seq` is the engine's time in microseconds, made strictly increasing, so that a reader can
 * come back with it after a break. For the numbers to be the same then, also of lines within one microsecond, the
 * source begins with the second that `after` lies in.
 */
export async function* readLines(source: Readable, after = 0): AsyncGenerator<RuntimeLine> {
  let seq = 0
  for await (const printed of readPrinted(source)) {
    seq = Math.max(seq + 1, microseconds(printed.time))
    if (seq > after) yield numbered(printed, seq)
  }
}

/**
 * All lines of a log that has an end, by their time: the engine reads the two streams of an app one beside the other, and
 * what it hands on first was not always printed first.
 */
export async function readInOrder(source: Readable): Promise<RuntimeLine[]> {
  const all = (await Array.fromAsync(readPrinted(source))).map((printed) => ({
    printed,
    nanos: nanoseconds(printed.time),
  }))
  all.sort((a, b) => Number(a.nanos - b.nanos))
  let seq = 0
  return all.map(({ printed }) => {
    seq = Math.max(seq + 1, microseconds(printed.time))
    return numbered(printed, seq)
  })
}

/** A whole line; `time` is the engine's, in RFC 3339 with nanoseconds. */
type Printed = { time: string; stream: 'stdout' | 'stderr'; text: string }

const numbered = ({ time, stream, text }: Printed, seq: number): RuntimeLine => ({
  seq,
  at: new Date(Math.floor(microseconds(time) / 1000)).toISOString(),
  stream,
  text,
})

async function* readPrinted(source: Readable): AsyncGenerator<Printed> {
  const open = { stdout: '', stderr: '' }
  for await (const { stream, data } of demultiplex(source)) {
    const lines = (open[stream] + data.toString('utf8')).split('\n')
    const tail = lines.pop() ?? ''
    open[stream] = tail.length > 4 * MAX_LINE ? tail.slice(0, MAX_LINE) : tail
    for (const line of lines) {
      const space = line.indexOf(' ')
      yield { time: line.slice(0, space), stream, text: line.slice(space + 1, space + 1 + MAX_LINE) }
    }
  }
}

/** RFC 3339 with nanoseconds → microseconds since 1970: below 2^53 until the year 2255. */
function microseconds(at: string): number {
  const fraction = (/\.(\d+)/.exec(at)?.[1] ?? '').padEnd(6, '0').slice(0, 6)
  return Math.floor(Date.parse(at) / 1000) * 1_000_000 + Number(fraction)
}

/** The same without loss; the engine leaves out zeros at the end. */
function nanoseconds(at: string): bigint {
  const fraction = (/\.(\d+)/.exec(at)?.[1] ?? '').padEnd(9, '0').slice(0, 9)
  return BigInt(Math.floor(Date.parse(at) / 1000)) * 1_000_000_000n + BigInt(fraction)
}
