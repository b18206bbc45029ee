import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type BuildEvent, createTraceReporter, decodeTrace } from '../../server/adapters/docker-build.ts'

/** The traces of a real build (Docker 20.10), one a line, as the engine sent them. */
const traces = readFileSync(path.join(import.meta.dirname, '..', 'fixtures', 'buildkit-trace.txt'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => Buffer.from(line, 'base64'))

function report(given: Uint8Array[]): BuildEvent[] {
  const events: BuildEvent[] = []
  const take = createTraceReporter((event) => events.push(event))
  for (const trace of given) take(trace)
  return events
}

test('each image is named before anything is taken from it', () => {
  const order: string[] = []
  const take = createTraceReporter(
    ({ stream, text }) => order.push(`${stream} ${text}`),
    (name) => order.push(`name ${name}`),
  )
  for (const trace of traces) take(trace)
  const metadata = order.findIndex((it) => it.startsWith('name [internal] load metadata for docker.io/'))
  const first = order.findIndex((it) => it.startsWith('step [1/3] FROM docker.io/'))
  expect(metadata).toBeGreaterThanOrEqual(0)
  expect(metadata).toBeLessThan(first)
})

describe('a recorded build', () => {
  test('decodes into vertexes and what they print, bytes as they were', () => {
    const entries = traces.flatMap(decodeTrace)
    const logs = entries.flatMap((it) => (it.kind === 'log' ? [`${it.stream} ${Buffer.from(it.bytes)}`] : []))
    expect(logs).toEqual(['2 on stderr: ü\n', '1 first\n', '1 half ', '1 line\nlast without end'])
    const run = entries.filter((it) => it.kind === 'vertex' && it.name.startsWith('[3/3] RUN'))
    expect(run).toMatchObject([
      { started: false, completed: false },
      { started: true, completed: false },
      { started: true, completed: true, cached: false },
    ])
  })

  test('is told as steps, each once, and as whole lines', () => {
    const events = report(traces)
    expect(events.filter((it) => it.stream === 'step').map((it) => it.text.slice(0, 20))).toEqual([
      'copy /context /',
      '[1/3] FROM docker.io',
      '[2/3] WORKDIR /app',
      '[3/3] RUN echo first',
      'exporting to image',
    ])
    expect(events.filter((it) => it.stream !== 'step')).toEqual([
      { stream: 'stderr', text: 'on stderr: ü\n' },
      { stream: 'stdout', text: 'first\n' },
      { stream: 'stdout', text: 'half line\n' },
      { stream: 'stdout', text: 'last without end' },
    ])
  })

  test('says which steps were cached', () => {
    const cached = vertex('sha256:aa', '[2/3] RUN npm ci', { started: true, completed: true, cached: true })
    expect(report([cached, cached])).toEqual([{ stream: 'step', text: 'CACHED [2/3] RUN npm ci' }])
  })
})

describe('lines that come in pieces', () => {
  test('are put together per step and stream, a character torn in two included', () => {
    const [head, tail] = [Buffer.from('ü\n').subarray(0, 1), Buffer.from('ü\n').subarray(1)]
    const texts = report([
      log('a', 1, 'sec'),
      log('b', 1, 'other\n'),
      log('a', 2, head),
      log('a', 1, 'ret\nnext'),
      log('a', 2, tail),
    ])
    expect(texts).toEqual([
      { stream: 'stdout', text: 'other\n' },
      { stream: 'stdout', text: 'secret\n' },
      { stream: 'stderr', text: 'ü\n' },
    ])
  })

  test('that never end are handed on before they fill the memory', () => {
    const piece = log('a', 1, 'x'.repeat(10_000))
    const events = report(Array.from({ length: 20 }, () => piece))
    expect(events.length).toBeGreaterThan(1)
    expect(Math.max(...events.map((it) => it.text.length))).toBeLessThan(80_000)
  })
})

/** Messages of moby.buildkit.v1 by hand: a tag, a length, the bytes. */
const bytesField = (field: number, value: Uint8Array | string) => {
  const bytes = Buffer.from(value)
  const length: number[] = []
  for (let left = bytes.length; ; left >>>= 7) {
    length.push(left < 128 ? left : (left & 127) | 128)
    if (left < 128) break
  }
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), bytes])
}
const numberField = (field: number, value: number) => Buffer.from([field << 3, value])

function log(vertexDigest: string, stream: number, text: string | Uint8Array): Buffer {
  return bytesField(3, Buffer.concat([bytesField(1, vertexDigest), numberField(3, stream), bytesField(4, text)]))
}

function vertex(
  digest: string,
  name: string,
  state: { started: boolean; completed: boolean; cached: boolean },
): Buffer {
  const time = numberField(1, 1)
  const fields = [
    bytesField(1, digest),
    bytesField(3, name),
    numberField(4, Number(state.cached)),
    ...(state.started ? [bytesField(5, time)] : []),
    ...(state.completed ? [bytesField(6, time)] : []),
  ]
  return bytesField(1, Buffer.concat(fields))
}
