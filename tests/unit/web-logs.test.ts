import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Buffer } from '../../web/src/logs/buffer.ts'
import { failingLine } from '../../web/src/logs/failing-line.ts'
import { evenLayout, ROW, wrappedLayout } from '../../web/src/logs/heights.ts'
import { highlight, matcherOf } from '../../web/src/logs/highlight.ts'
import { indexOfSeq, makeLine } from '../../web/src/logs/line.ts'
import { severityOf } from '../../web/src/logs/severity.ts'

const view = (seq: number, text = `line ${seq}`, stream = 'stdout') => ({
  seq,
  at: '2026-11-01T10:00:00.000Z',
  stream,
  level: stream === 'stderr' ? 'warn' : 'info',
  text,
})
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => makeLine(view(from + index)))
const seqs = (buffer: Buffer) => buffer.lines.map((it) => it.seq)
/** Lines as `stream text`. */
const log = (...texts: string[]) =>
  texts.map((it, index) => view(index + 1, it.slice(it.indexOf(' ') + 1), it.slice(0, it.indexOf(' '))))

describe('the lines of a log', () => {
  test('come once and in order, whatever is told again', () => {
    const buffer = new Buffer()
    buffer.append(lines(5, 8))
    expect(buffer.append(lines(7, 10)).map((it) => it.seq)).toEqual([9, 10])
    expect(buffer.append(lines(1, 10))).toEqual([])
    buffer.prepend(lines(3, 6))
    buffer.prepend(lines(1, 4))
    expect(seqs(buffer)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('are the newest ones when there are too many, and how many went is known', () => {
    const buffer = new Buffer(100)
    buffer.append(lines(1, 6000))
    expect([buffer.first, buffer.last, buffer.lines.length, buffer.cut]).toEqual([5901, 6000, 100, 5900])
    expect(buffer.isFull).toBe(true)
    buffer.prepend(lines(5801, 5900))
    expect([buffer.first, buffer.lines.length]).toEqual([5901, 100])
  })

  test('are found by their number', () => {
    const some = [2, 5, 9].map((seq) => makeLine(view(seq)))
    expect([1, 2, 3, 5, 6, 9, 10].map((it) => indexOfSeq(some, it))).toEqual([0, 0, 1, 1, 2, 2, 3])
  })

  test('are marked by what they are', () => {
    expect(severityOf({ level: 'error', stream: 'stdout', text: '' })).toBe('error')
    expect(severityOf({ level: 'info', stream: 'stderr', text: '' })).toBe('warning')
    expect(severityOf({ level: 'info', stream: 'step', text: 'ERROR' })).toBeUndefined()
  })

  test.each([
    ['ERROR no database', 'error'],
    ['2026-11-21 13:10:55,123 - app.jobs - ERROR - no database', 'error'],
    ['2026-11-21T13:10:55.123Z [error] no database', 'error'],
    ['2026/11/21 13:10:55 [crit] 7#7: open() failed', 'error'],
    ['[13:10:55] [worker] FATAL: role does not exist', 'error'],
    ['2026-11-21 13:10:55.123 UTC [31] FATAL:  role does not exist', 'error'],
    ['Nov 21 13:10:55 error: no database', 'error'],
    ['\u001b[31mERROR\u001b[0m no database', 'error'],
    ['npm ERR! code 1', 'error'],
    ["TypeError: Cannot read properties of undefined (reading 'x')", 'error'],
    ['{"level":50,"msg":"no database"}', 'error'],
    ['time=13:10 level=warning msg=slow', 'warning'],
    ['WARN slow', 'warning'],
    ['(node:7) DeprecationWarning: old', undefined],
    ['Error handling is set up', undefined],
    ['0 errors', undefined],
    ['ERROR_LOG=/dev/null', undefined],
    ['GET /error 200', undefined],
    ['all is well', undefined],
  ])('are marked by what they say: %s', (text, expected) => {
    expect(severityOf({ level: 'info', stream: 'stdout', text })).toBe(expected)
  })

  test('are calm on stderr when they say so', () => {
    expect(
      severityOf({ level: 'warn', stream: 'stderr', text: 'INFO:     Started server process [1]' }),
    ).toBeUndefined()
  })
})

describe('where rows lie', () => {
  test('of one height', () => {
    const layout = evenLayout(1000)
    expect([layout.total, layout.top(7), layout.indexAt(7 * ROW), layout.indexAt(8 * ROW - 1)]).toEqual([
      1000 * ROW,
      7 * ROW,
      7,
      7,
    ])
    expect([layout.indexAt(-50), layout.indexAt(1e9), evenLayout(0).indexAt(10)]).toEqual([0, 999, 0])
  })

  test('below others that are still to come', () => {
    const head = 40
    const some = lines(1, 10)
    for (const layout of [evenLayout(10, head), wrappedLayout(some, 80, head)]) {
      expect([layout.top(0), layout.top(3), layout.total]).toEqual([40 * ROW, 43 * ROW, 50 * ROW])
      expect([0, 39, 40, 43, 60].map((it) => layout.indexAt(it * ROW))).toEqual([0, 0, 0, 3, 9])
    }
  })

  test('of wrapped ones, measured or not: the row at a place is the one that covers it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(300), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 120 }),
        (all, columns) => {
          const wrapped = all.map((length, index) => makeLine(view(index + 1, 'x'.repeat(length))))
          const [measured] = wrapped
          if (measured) Object.assign(measured, { height: 7 * ROW, columns })
          const layout = wrappedLayout(wrapped, columns)
          for (let index = 0; index < all.length; index++) {
            expect(layout.indexAt(layout.top(index))).toBe(index)
            expect(layout.indexAt(layout.top(index + 1) - 1)).toBe(index)
          }
          expect(layout.top(1)).toBe(7 * ROW)
          expect(layout.top(all.length)).toBe(layout.total)
        },
      ),
    )
  })
})

describe('what is searched', () => {
  test('is found as it is written, in either case, over a change of colour', () => {
    const pieces = [
      { text: 'an Er', look: 'c1' },
      { text: 'ROR (a+b)', look: '' },
    ]
    expect(highlight(pieces, matcherOf('error'))).toEqual([
      { text: 'an ', look: 'c1', isHit: false },
      { text: 'Er', look: 'c1', isHit: true },
      { text: 'ROR', look: '', isHit: true },
      { text: ' (a+b)', look: '', isHit: false },
    ])
    expect(highlight(pieces, matcherOf('(A+B)')).find((it) => it.isHit)?.text).toBe('(a+b)')
    expect(matcherOf('')).toBeUndefined()
  })

  test('changes nothing of the text, whatever is typed', () => {
    const pieces = fc.array(fc.record({ text: fc.string({ minLength: 1 }), look: fc.constant('') }), { minLength: 1 })
    fc.assert(
      fc.property(pieces, fc.string({ minLength: 1, maxLength: 3 }), (all, query) => {
        const text = all.map((it) => it.text).join('')
        const runs = highlight(all, matcherOf(query))
        expect(runs.map((it) => it.text).join('')).toBe(text)
        expect(runs.some((it) => it.isHit)).toBe(text.match(matcherOf(query) ?? /$^/) !== null)
      }),
    )
  })
})

describe('the line that says why a build failed', () => {
  const verdict =
    'stderr build-image: The build failed: executor failed running [/bin/sh -c npm run build]: exit code: 2.'
  test.each([
    [
      'a compiler’s first error',
      [
        'step [4/4] RUN tsc',
        'stdout compiling',
        'stdout a.ts(3,7): error TS2304: Cannot find name x',
        'stdout b.ts(1,1): error TS1: y',
        'stderr npm error code 2',
        verdict,
      ],
      3,
    ],
    [
      'a runtime’s exception',
      [
        'step RUN node x',
        'stderr node:internal:1',
        'stderr   throw err;',
        "stderr Error: Cannot find module 'leftpad'",
        'stderr     at Module._load',
        'stderr Node.js v24',
        verdict,
      ],
      4,
    ],
    [
      'what npm says, not its code',
      [
        'step RUN npm ci',
        'stderr npm error code ENOENT',
        'stderr npm error syscall open',
        'stderr npm error path /app/package.json',
        'stderr npm error errno -2',
        "stderr npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/app/package.json'",
        'stderr npm error A complete log of this run can be found in: /root/.npm/_logs/x.log',
        verdict,
      ],
      6,
    ],
    ['what a shell says', ['step RUN nothing', 'stderr /bin/sh: 1: no-such-program: not found', verdict], 2],
    [
      'not the command that is repeated',
      ['step RUN npm run build', 'stdout > node -e "throw new Error(1)"', 'stderr Error: 1', verdict],
      3,
    ],
    [
      'not an error of a step before',
      ['step RUN one', 'stderr error: tolerated', 'step RUN two', 'stdout fine', 'stderr Killed', verdict],
      5,
    ],
    ['in colours', ['step RUN x', 'stdout \u001b[31mError\u001b[0m: no', 'stderr later', verdict], 2],
    [
      'the verdict itself when nothing was printed',
      ['step copy /context /', 'stderr build-image: The Dockerfile copies /x, which is not there.'],
      2,
    ],
    [
      'none: it went well',
      ['step RUN npm run build', 'stderr error: tolerated', 'step Live: app.localhost'],
      undefined,
    ],
    ['none: nothing was printed', [], undefined],
  ])('%s', (_name, texts, expected) => {
    expect(failingLine(log(...texts))).toBe(expected)
  })
})
