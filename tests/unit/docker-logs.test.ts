import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { demultiplex, readInOrder, readLines } from '../../server/adapters/docker-logs.ts'

function frame(stream: 'stdout' | 'stderr', text: string | Buffer): Buffer {
  const data = Buffer.from(text)
  const header = Buffer.from([stream === 'stderr' ? 2 : 1, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(data.length, 4)
  return Buffer.concat([header, data])
}

/** The bytes as a stream of chunks, cut at these places. */
const cut = (bytes: Buffer, places: number[]) => {
  const edges = [0, ...places.map((it) => it % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
  return Readable.from(chunks.filter((it) => it.length > 0))
}

const read = async (source: Readable) =>
  (await Array.fromAsync(demultiplex(source))).map(({ stream, data }) => `${stream} ${data}`)

describe('the engine’s frames', () => {
  test('come out whole, wherever the stream was cut', async () => {
    const texts = fc.array(fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.string()), {
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(), { maxLength: 50 }), async (frames, places) => {
        const bytes = Buffer.concat(frames.map(([stream, text]) => frame(stream, text)))
        expect(await read(cut(bytes, places))).toEqual(frames.map(([stream, text]) => `${stream} ${text}`))
      }),
    )
  })

  test('may be five thousand in one buffer, and come at the reader’s pace', async () => {
    const bytes = Buffer.concat(Array.from({ length: 5000 }, (_, index) => frame('stdout', `line ${index}`)))
    let asked = 0
    const source = new Readable({
      read() {
        asked += 1
        this.push(asked <= 10 ? bytes : null)
      },
    })
    const frames = demultiplex(source)
    expect(String((await frames.next()).value?.data)).toBe('line 0')
    expect(asked).toBeLessThan(4)
    let count = 1
    for await (const _ of frames) count += 1
    expect(count).toBe(50_000)
  })

  test('of an unbelievable length are an error, not an endless buffer', async () => {
    const bytes = Buffer.from([1, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0])
    await expect(read(Readable.from([bytes]))).rejects.toThrow(/not believable/)
  })
})

const at = (micros: number, nanos = 0) =>
  `2026-11-01T10:00:00.${String(micros).padStart(6, '0')}${String(nanos).padStart(3, '0')}Z`

const lines = (bytes: Buffer[], after?: number) => Array.fromAsync(readLines(Readable.from(bytes), after))

describe('lines of a runtime log', () => {
  test('carry their time, their stream and a number that only grows', async () => {
    const found = await lines([
      frame('stdout', `${at(1)} one\n`),
      frame('stderr', `${at(2)} two\n`),
      frame('stdout', `${at(2)} three: ü\n`),
    ])
    const base = Date.parse('2026-11-01T10:00:00Z') * 1000
    expect(found).toEqual([
      { seq: base + 1, at: '2026-11-01T10:00:00.000Z', stream: 'stdout', text: 'one' },
      { seq: base + 2, at: '2026-11-01T10:00:00.000Z', stream: 'stderr', text: 'two' },
      { seq: base + 3, at: '2026-11-01T10:00:00.000Z', stream: 'stdout', text: 'three: ü' },
    ])
  })

  test('are put together when the engine cut one, each stream for itself', async () => {
    const found = await lines([
      frame('stdout', `${at(1)} one `),
      frame('stderr', `${at(2)} error\n`),
      frame('stdout', `more\n${at(3)} next\n`),
    ])
    expect(found.map((it) => it.text)).toEqual(['error', 'one more', 'next'])
  })

  test('can be read on from any of them, although many came within one microsecond', async () => {
    const bytes = Array.from({ length: 30 }, (_, index) =>
      frame('stdout', `${at(100 + Math.floor(index / 10), index)} line ${index}\n`),
    )
    const whole = await lines(bytes)
    expect(whole).toHaveLength(30)
    for (const [index, { seq }] of whole.entries())
      expect(await lines(bytes, seq), `after line ${index}`).toEqual(whole.slice(index + 1))
  })

  test('of a log with an end come in the order they were printed, whichever stream came first', async () => {
    const found = await readInOrder(
      Readable.from([
        frame('stderr', '2026-11-01T10:00:00.12Z two\n2026-11-01T10:00:00.1234Z four\n'),
        frame('stdout', '2026-11-01T10:00:00.11Z one\n2026-11-01T10:00:00.123Z three\n'),
        frame('stdout', '2026-11-01T10:00:00.1234Z four again\n'),
      ]),
    )
    expect(found.map((it) => it.text)).toEqual(['one', 'two', 'three', 'four', 'four again'])
    expect(found.every(({ seq }, index) => index === 0 || seq > (found[index - 1]?.seq ?? 0))).toBe(true)
  })
})
